/* What the plugin decides, tested where it is written: no WASM, no proxy. */
#undef NDEBUG
#include <assert.h>
#include <string.h>

#include "plugin.c"

int main(void) {
    const uint32_t any_language = COUNT(languages) + 1;
    for (uint32_t language = 0; language <= any_language; language++) {
        for (uint32_t daypart = 0; daypart <= COUNT(dayparts) + 1; daypart++) {
            uint32_t shown = decide(language, daypart, 0, 0, 0, 0);
            assert((shown == PLAIN) == (daypart != DAYPART_MORNING && daypart != DAYPART_EVENING));
        }
    }
    const edit_list *evening = render(0, decide(LANGUAGE_FR, DAYPART_EVENING, 0, 0, 0, 0));
    assert(evening->count == 1 && memcmp(evening->start->content.start, "Bonsoir", 7) == 0);
    assert(render(0, decide(any_language, DAYPART_MORNING + 1, 0, 0, 0, 0))->count == 0);
    return 0;
}
