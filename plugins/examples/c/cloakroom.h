/* The contract, wit/personalizer.wit, as C sees it: each type laid out as the component model's canonical ABI
 * wants it, which is how C lays out structs on wasm32. All of it can be constant data, so a plugin needs no
 * allocator; and since nothing is ever passed in but small numbers, it exports none.
 *
 * Copy this file beside a plugin of your own; it holds nothing but declarations. */
#ifndef CLOAKROOM_H
#define CLOAKROOM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct { const char *start; size_t bytes; } text;       /* UTF-8, not ended by 0 */
typedef struct { const text *start; size_t count; } text_list;
typedef struct { const uint8_t *start; size_t count; } byte_list;

/* How a slot's variant reaches the page: by edits here, or by the origin, which is told. */
enum { DELIVERY_EDITS, DELIVERY_ORIGIN_VARIANT };

/* `price_like`: it shows a price, an offer, or anything else of which nobody should get another version for
 * their country or language. */
typedef struct { text name; text_list variants; uint8_t default_variant, delivery; bool price_like; } slot;
typedef struct { text name, reason; text_list values; } signal_use;

typedef struct {
    text name, version;
    struct { const slot *start; size_t count; } slots;
    struct { const signal_use *start; size_t count; } signals;
    byte_list bucket_ranges;
} manifest;

enum { SET_CONTENT, BEFORE, AFTER, REMOVE, SET_ATTRIBUTE, TEXT, INCLUDE };

/* One change to the page. REMOVE has `selector` alone, SET_ATTRIBUTE has a name and a value behind it,
 * the others have the content. */
typedef struct {
    uint8_t kind;
    text selector;
    union { text content, attribute; };
    text value;
} edit;
typedef struct { const edit *start; size_t count; } edit_list;

/* Constants out of string literals and arrays. */
#define STR(literal) { literal, sizeof(literal) - 1 }
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define LIST(array) { array, COUNT(array) }

/* Gives a function the name under which the host looks for it. Elsewhere than in WASM, as in a test, it is
 * a function like any other. */
#ifdef __wasm__
#define EXPORT(function) __attribute__((export_name("cloakroom:personalizer/plugin@0.1.0#" function)))
_Static_assert(sizeof(manifest) == 40 && sizeof(slot) == 20 && sizeof(signal_use) == 24 && sizeof(edit) == 28,
               "these are the sizes of the canonical ABI");
#else
#define EXPORT(function)
#endif

/* What a plugin defines. What is returned is read before the next call. */
const manifest *describe(void);
uint32_t decide(uint32_t first, uint32_t second, uint32_t third, uint32_t fourth, uint32_t fifth,
                uint32_t bucket);
const edit_list *render(uint32_t slot, uint32_t variant);

#endif
