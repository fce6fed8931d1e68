// Says good morning and good evening, in three languages.
import { definePlugin, text } from "./cloakroom.js";

const words = {
  "morning-en": "Good morning",
  "morning-fr": "Bonjour",
  "morning-de": "Guten Morgen",
  "evening-en": "Good evening",
  "evening-fr": "Bonsoir",
  "evening-de": "Guten Abend",
};

const edits = Object.entries(words).map(([variant, said]) => [variant, [text("#banner", said)]]);

export const plugin = definePlugin({
  name: "greeting",
  version: "1.0.0",
  signals: {
    language: { reason: "To be understood.", values: ["fr", "de"] },
    daypart: { reason: "Nobody says good morning at night.", values: ["morning", "evening"] },
  },
  slots: {
    banner: { default: "plain", variants: { plain: [], ...Object.fromEntries(edits) } },
  },
  // Besides the values above, a signal may be `other`, and `any` where nothing may be known.
  decide({ language, daypart }) {
    if (daypart !== "morning" && daypart !== "evening") return { banner: "plain" };
    const spoken = language === "fr" || language === "de" ? language : "en";
    return { banner: `${daypart}-${spoken}` };
  },
});
