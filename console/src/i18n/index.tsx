// The viewer's language: two dictionaries of one type, remembered in the browser.
import { createContext, useContext, useMemo, useState, type ReactNode } from "react";
import { speak } from "../api/client";
import { en } from "./en";
import { zh } from "./zh";

type Widened<T> = T extends string
  ? string
  : T extends (...given: infer A) => string
    ? (...given: A) => string
    : { [K in keyof T]: Widened<T[K]> };

export type Texts = Widened<typeof en>;
export type Language = "zh" | "en";

const dictionaries: Record<Language, Texts> = { zh, en };
const REMEMBERED = "simlink.language";

interface Choice {
  language: Language;
  texts: Texts;
  choose: (language: Language) => void;
}

const Context = createContext<Choice | null>(null);

function first(): Language {
  const remembered = localStorage.getItem(REMEMBERED);
  if (remembered === "zh" || remembered === "en") return remembered;
  return navigator.language.toLowerCase().startsWith("zh") ? "zh" : "en";
}

function apply(language: Language): void {
  document.documentElement.lang = language === "zh" ? "zh-CN" : "en";
  speak(language === "zh" ? "zh-cn" : "en-us");
}

export function LanguageProvider({ children }: { children: ReactNode }) {
  const [language, setLanguage] = useState<Language>(() => {
    const language = first();
    apply(language);
    return language;
  });
  const choice = useMemo<Choice>(
    () => ({
      language,
      texts: dictionaries[language],
      choose: (chosen) => {
        localStorage.setItem(REMEMBERED, chosen);
        apply(chosen);
        setLanguage(chosen);
      },
    }),
    [language],
  );
  return <Context.Provider value={choice}>{children}</Context.Provider>;
}

export function useLanguage(): Choice {
  const choice = useContext(Context);
  if (!choice) throw new Error("no language is chosen");
  return choice;
}

export function useTexts(): Texts {
  return useLanguage().texts;
}

/** The word for a number of the contract; a number without one is shown itself. */
export function word(words: Record<number | string, string>, value: number | string | null | undefined): string {
  return value === null || value === undefined ? "—" : (words[value] ?? String(value));
}
