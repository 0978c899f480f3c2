// Nobody passes without a session: the sign-in, or the console.
import { lazy, Suspense } from "react";
import { SessionContext, useSessionQuery } from "../api/session";
import { Failure, Waiting } from "./Frame";
import { Shell } from "./Shell";

const SignIn = lazy(() => import("../pages/SignIn"));

export function Gate() {
  const session = useSessionQuery();
  if (session.isPending) return <Waiting />;
  if (session.isError)
    return (
      <div className="centre">
        <Failure error={session.error} retry={() => void session.refetch()} />
      </div>
    );
  if (!session.data)
    return (
      <Suspense fallback={<Waiting />}>
        <SignIn />
      </Suspense>
    );
  return (
    <SessionContext.Provider value={session.data}>
      <Shell />
    </SessionContext.Provider>
  );
}
