// The one way to the server: a client typed by the OpenAPI document, and errors that say what to do.
import createClient from "openapi-fetch";
import type { components, operations, paths } from "./schema";

export type Schemas = components["schemas"];

type Bodies<R> = { [S in keyof R]: R[S] extends { content: { "application/json": infer T } } ? T : never };

/** What an operation answers. */
export type Answer<O extends keyof operations, S extends number = 200> = S extends keyof operations[O]["responses"]
  ? Bodies<operations[O]["responses"]>[S]
  : never;

/** What the server refused, in its own words. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
  ) {
    super(message);
  }

  /** Whether the session is over. */
  get signedOut(): boolean {
    return this.status === 401 || this.code === "GSL.00010001";
  }
}

let language = "zh-cn";

/** The language of the server's words. */
export function speak(tag: string): void {
  language = tag;
}

// A session counts beside this header only: no form or link of another site can send it.
const OWN = { "X-Simlink-Console": "1" };

export const api = createClient<paths>({
  baseUrl: "/",
  headers: OWN,
  querySerializer: { array: { style: "form", explode: false } },
});
api.use({
  onRequest({ request }) {
    request.headers.set("X-Language", language);
    return request;
  },
});

/** The answer's body, or an ApiError. */
export async function ask<T>(
  call: Promise<{ data?: T; error?: unknown; response: Response }>,
): Promise<T> {
  let answer;
  try {
    answer = await call;
  } catch (cause) {
    // Nothing came back at all: the network, or a server that is not there.
    if (cause instanceof TypeError) throw new ApiError(0, "", "");
    throw cause;
  }
  const { data, error, response } = answer;
  if (!response.ok) throw refusal(response.status, error);
  return data as T;
}

/** What was placed; a request without `dry_run` foresees nothing. */
export async function order(
  call: Promise<{ data?: { work_order_id?: number | null }; error?: unknown; response: Response }>,
): Promise<{ work_order_id: number }> {
  const { work_order_id } = await ask(call);
  if (work_order_id == null) throw new ApiError(0, "", "");
  return { work_order_id };
}

function refusal(status: number, body: unknown): ApiError {
  const members = (typeof body === "object" && body !== null ? body : {}) as Record<string, unknown>;
  const nested = members.error as { message?: string } | undefined;
  const code = typeof members.error_code === "string" ? members.error_code : "";
  const message = typeof members.error_msg === "string" ? members.error_msg : (nested?.message ?? "");
  if (Array.isArray(members.errors)) {
    const lines = members.errors as Schemas["BadLine"][];
    const count = typeof members.bad_lines === "number" ? members.bad_lines : lines.length;
    return new FileRefused(status, code, message, lines, count);
  }
  return new ApiError(status, code, message);
}

/** What the server said of a file that it did not take, beside the code and the words. */
export class FileRefused extends ApiError {
  constructor(
    status: number,
    code: string,
    message: string,
    readonly lines: Schemas["BadLine"][],
    readonly badLines: number,
  ) {
    super(status, code, message);
  }
}

/** A request whose body is a file. */
export async function send<T>(path: string, body: BodyInit): Promise<T> {
  const headers = { ...OWN, "X-Language": language };
  const call = fetch(path, { method: "POST", headers, body }).then(async (response) => {
    const text = await response.text();
    let parsed: unknown = text;
    try {
      parsed = JSON.parse(text);
    } catch {
      // An answer that is no JSON is shown by its status.
    }
    return response.ok ? { data: parsed as T, response } : { error: parsed, response };
  });
  return ask<T>(call);
}
