// Says good morning and good evening, in three languages.
import { definePlugin, text } from "./cloakroom.js";

export const plugin = definePlugin({
  name: "greeting",
  version: "1.0.0",
  signals: {
    language: { reason: "To be understood.", values: ["fr", "de"] },
    daypart: { reason: "Nobody says good morning at night.", values: ["morning", "evening"] },
  },
  slots: {
    banner: {
      default: "plain",
      variants: {
        "plain": [],
        "morning-en": [text("#banner", "Good morning")],
        "morning-fr": [text("#banner", "Bonjour")],
        "morning-de": [text("#banner", "Guten Morgen")],
        "evening-en": [text("#banner", "Good evening")],
        "evening-fr": [text("#banner", "Bonsoir")],
        "evening-de": [text("#banner", "Guten Abend")],
      },
    },
  },
  // Besides the values above, a signal may be `other`, and `any` where nothing may be known.
  decide({ language, daypart }) {
    if (daypart !== "morning" && daypart !== "evening") return { banner: "plain" };
    const spoken = language === "fr" || language === "de" ? language : "en";
    return { banner: `${daypart}-${spoken}` };
  },
});
