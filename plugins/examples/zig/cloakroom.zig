//! The contract, wit/personalizer.wit, as Zig sees it: each type laid out as the component model's canonical
//! ABI wants it, which is how `extern struct` does on wasm32. All of it can be constant data, so a plugin needs
//! no allocator; and since nothing is ever passed in but small numbers, it exports none.
//!
//! Copy this file beside a plugin of your own; it holds nothing but declarations.

pub const Text = List(u8);

fn List(comptime Item: type) type {
    return extern struct {
        start: [*]const Item,
        count: usize,

        pub fn of(items: []const Item) @This() {
            return .{ .start = items.ptr, .count = items.len };
        }
    };
}

/// A list of texts, at compile time.
pub fn texts(comptime words: []const []const u8) List(Text) {
    comptime var list: [words.len]Text = undefined;
    inline for (words, 0..) |word, at| list[at] = .of(word);
    const done = list;
    return .of(&done);
}

/// How a slot's variant reaches the page: by edits here, or by the origin, which is told.
pub const Delivery = enum(u8) { edits, origin_variant };

pub const Slot = extern struct {
    name: Text,
    variants: List(Text),
    default: u8,
    delivery: Delivery,
    /// Whether it shows a price, an offer, or anything else of which nobody should get another version for their
    /// country or language.
    price_like: bool = false,
};
pub const SignalUse = extern struct { name: Text, reason: Text, values: List(Text) };

pub const Manifest = extern struct {
    name: Text,
    version: Text,
    slots: List(Slot),
    signals: List(SignalUse),
    bucket_ranges: List(u8),
};

/// One change to the page. `remove` has the selector alone, `set_attribute` has a name and a value behind it,
/// the others have the content.
pub const Edit = extern struct {
    kind: enum(u8) { set_content, before, after, remove, set_attribute, text, include },
    selector: Text,
    content: Text = .of(""),
    value: Text = .of(""),
};
pub const Edits = List(Edit);

comptime {
    // These are the sizes of the canonical ABI. Elsewhere, as in a test, they do not matter.
    if (@sizeOf(usize) == 4 and
        (@sizeOf(Manifest) != 40 or @sizeOf(Slot) != 20 or @sizeOf(SignalUse) != 24 or @sizeOf(Edit) != 28))
        @compileError("the layout is not the contract's");
}
