// The word of this one page by which its content security policy knows our sheets of styles.
export const nonce = document.querySelector('meta[name="csp-nonce"]')?.getAttribute("content") ?? undefined;
