// Who is signed in, for every page.
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { createContext, useContext } from "react";
import { api, ApiError, ask, type Answer } from "./client";

export type Session = Answer<"ShowSession">;

const SESSION = ["session"];

/** The session; null when nobody is signed in. */
export function useSessionQuery() {
  return useQuery<Session | null>({
    queryKey: SESSION,
    queryFn: async () => {
      try {
        return await ask(api.GET("/v1/session"));
      } catch (error) {
        if (error instanceof ApiError && error.signedOut) return null;
        throw error;
      }
    },
    staleTime: Infinity,
  });
}

export const SessionContext = createContext<Session | null>(null);

/** The session of a page behind the sign-in. */
export function useSession(): Session {
  const session = useContext(SessionContext);
  if (!session) throw new Error("a page behind the sign-in is shown without a session");
  return session;
}

/** Whether the signed-in user may change things. */
export function useMayWrite(): boolean {
  return useSession().role !== "viewer";
}

/** Takes a session up, or puts it down: what was read for another is forgotten. */
export function useSetSession() {
  const client = useQueryClient();
  return (session: Session | null) => {
    client.removeQueries({ predicate: (query) => query.queryKey[0] !== SESSION[0] });
    client.setQueryData(SESSION, session);
  };
}
