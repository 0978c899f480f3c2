// Where the console begins.
import { createRoot } from "react-dom/client";
import { App } from "./App";
import { nonce } from "./lib/nonce";
import "./main.css";

// Some parts of the component library make sheets of styles without handing the page's nonce on.
const make = document.createElement.bind(document) as (name: string, options?: ElementCreationOptions) => HTMLElement;
document.createElement = ((name: string, options?: ElementCreationOptions) => {
  const element = make(name, options);
  if (nonce && element instanceof HTMLStyleElement) element.nonce = nonce;
  return element;
}) as typeof document.createElement;

const root = document.getElementById("root");
if (root) createRoot(root).render(<App />);
