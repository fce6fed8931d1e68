//! Says good morning and good evening, in three languages.
const abi = @import("cloakroom.zig");
const std = @import("std");

// A value's position is its id; then comes `other`, then `any`.
const Language = enum(u32) { de, fr, _ };
const Daypart = enum(u32) { evening, morning, _ };

const Banner = enum(u32) { plain, morning_en, morning_fr, morning_de, evening_en, evening_fr, evening_de };

const variants = abi.texts(&.{
    "plain",      "morning-en", "morning-fr", "morning-de",
    "evening-en", "evening-fr", "evening-de",
});

const manifest: abi.Manifest = .{
    .name = .of("greeting"),
    .version = .of("1.0.0"),
    .slots = .of(&.{
        .{ .name = .of("banner"), .variants = variants, .default = @intFromEnum(Banner.plain), .delivery = .edits },
    }),
    .signals = .of(&.{
        .{
            .name = .of("language"),
            .reason = .of("To be understood."),
            .values = abi.texts(&.{ "de", "fr" }),
        },
        .{
            .name = .of("daypart"),
            .reason = .of("Nobody says good morning at night."),
            .values = abi.texts(&.{ "evening", "morning" }),
        },
    }),
    .bucket_ranges = .of(&.{}),
};

fn decide(language: Language, daypart: Daypart) Banner {
    return switch (daypart) {
        .morning => switch (language) {
            .fr => .morning_fr,
            .de => .morning_de,
            _ => .morning_en,
        },
        .evening => switch (language) {
            .fr => .evening_fr,
            .de => .evening_de,
            _ => .evening_en,
        },
        _ => .plain,
    };
}

fn words(banner: Banner) []const u8 {
    return switch (banner) {
        .plain => "",
        .morning_en => "Good morning",
        .morning_fr => "Bonjour",
        .morning_de => "Guten Morgen",
        .evening_en => "Good evening",
        .evening_fr => "Bonsoir",
        .evening_de => "Guten Abend",
    };
}

// The three functions of the contract. What is returned is read before the next call.

export fn @"cloakroom:personalizer/plugin@0.1.0#describe"() *const abi.Manifest {
    return &manifest;
}

/// The third to fifth id and the bucket belong to signals that are not declared.
export fn @"cloakroom:personalizer/plugin@0.1.0#decide"(first: u32, second: u32, _: u32, _: u32, _: u32, _: u32) u32 {
    return @intFromEnum(decide(@enumFromInt(first), @enumFromInt(second)));
}

var shown: abi.Edit = undefined;
var edits: abi.Edits = undefined;

export fn @"cloakroom:personalizer/plugin@0.1.0#render"(_: u32, variant: u32) *const abi.Edits {
    shown = .{ .kind = .text, .selector = .of("#banner"), .content = .of(words(@enumFromInt(variant))) };
    edits = .{ .start = @ptrCast(&shown), .count = @intFromBool(variant != @intFromEnum(Banner.plain)) };
    return &edits;
}

test "the page is left alone but in the morning and in the evening" {
    for (0..4) |language| {
        for (0..4) |daypart| {
            const greets = daypart == @intFromEnum(Daypart.morning) or daypart == @intFromEnum(Daypart.evening);
            const banner = decide(@enumFromInt(language), @enumFromInt(daypart));
            try std.testing.expectEqual(greets, banner != .plain);
        }
    }
}

test "a French evening is wished in French" {
    try std.testing.expectEqualStrings("Bonsoir", words(decide(.fr, .evening)));
}
