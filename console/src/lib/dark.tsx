// Light or dark: what the system says, until the viewer says otherwise.
import { createContext, useContext, useEffect, useMemo, useState, type ReactNode } from "react";

const REMEMBERED = "simlink.dark";

interface Choice {
  dark: boolean;
  toggle: () => void;
}

const Context = createContext<Choice>({ dark: false, toggle: () => {} });

export function DarkProvider({ children }: { children: ReactNode }) {
  const system = useMemo(() => window.matchMedia("(prefers-color-scheme: dark)"), []);
  const [chosen, setChosen] = useState(() => localStorage.getItem(REMEMBERED));
  const [systemDark, setSystemDark] = useState(system.matches);
  useEffect(() => {
    const follow = () => setSystemDark(system.matches);
    system.addEventListener("change", follow);
    return () => system.removeEventListener("change", follow);
  }, [system]);
  const dark = chosen === null ? systemDark : chosen === "1";
  useEffect(() => {
    document.documentElement.style.colorScheme = dark ? "dark" : "light";
    document.body.style.background = dark ? "#0e1217" : "#f5f6f8";
  }, [dark]);
  const choice = useMemo(
    () => ({
      dark,
      toggle: () => {
        const next = dark ? "0" : "1";
        localStorage.setItem(REMEMBERED, next);
        setChosen(next);
      },
    }),
    [dark],
  );
  return <Context.Provider value={choice}>{children}</Context.Provider>;
}

export const useDark = () => useContext(Context);
