/* Says good morning and good evening, in three languages. */
#include "cloakroom.h"

/* A value's position is its id; then comes `other`, then `any`. */
enum { LANGUAGE_DE, LANGUAGE_FR };
static const text languages[] = { STR("de"), STR("fr") };

enum { DAYPART_EVENING, DAYPART_MORNING };
static const text dayparts[] = { STR("evening"), STR("morning") };

static const signal_use signals[] = {
    { STR("language"), STR("To be understood."), LIST(languages) },
    { STR("daypart"), STR("Nobody says good morning at night."), LIST(dayparts) },
};

enum { PLAIN, MORNING_EN, MORNING_FR, MORNING_DE, EVENING_EN, EVENING_FR, EVENING_DE, VARIANTS };
static const text variants[VARIANTS] = {
    STR("plain"),
    STR("morning-en"), STR("morning-fr"), STR("morning-de"),
    STR("evening-en"), STR("evening-fr"), STR("evening-de"),
};

static const slot slots[] = {
    { STR("banner"), LIST(variants), PLAIN, DELIVERY_EDITS, false },
};

static const manifest all = { STR("greeting"), STR("1.0.0"), LIST(slots), LIST(signals), { NULL, 0 } };

EXPORT("describe") const manifest *describe(void) { return &all; }

EXPORT("decide") uint32_t decide(uint32_t language, uint32_t daypart, uint32_t third, uint32_t fourth,
                                 uint32_t fifth, uint32_t bucket) {
    (void)third, (void)fourth, (void)fifth, (void)bucket; /* of signals that are not declared */
    if (daypart == DAYPART_MORNING) {
        if (language == LANGUAGE_FR) return MORNING_FR;
        return language == LANGUAGE_DE ? MORNING_DE : MORNING_EN;
    }
    if (daypart == DAYPART_EVENING) {
        if (language == LANGUAGE_FR) return EVENING_FR;
        return language == LANGUAGE_DE ? EVENING_DE : EVENING_EN;
    }
    return PLAIN;
}

#define SAYS(words) { TEXT, STR("#banner"), { STR(words) }, { NULL, 0 } }
static const edit edits[VARIANTS] = {
    [MORNING_EN] = SAYS("Good morning"), [MORNING_FR] = SAYS("Bonjour"), [MORNING_DE] = SAYS("Guten Morgen"),
    [EVENING_EN] = SAYS("Good evening"), [EVENING_FR] = SAYS("Bonsoir"), [EVENING_DE] = SAYS("Guten Abend"),
};

EXPORT("render") const edit_list *render(uint32_t slot, uint32_t variant) {
    static edit_list shown;
    (void)slot; /* there is one */
    shown = (edit_list){ &edits[variant % VARIANTS], variant != PLAIN };
    return &shown;
}
