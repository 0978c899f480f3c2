// What every page has around it: a title, waiting, failing with a word on what to do.
import { useQueryClient } from "@tanstack/react-query";
import { Alert, App, Button, Spin } from "antd";
import { useEffect, type ReactNode } from "react";
import { useRouteError } from "react-router-dom";
import { ApiError } from "../api/client";
import { useTexts, type Texts } from "../i18n";

export function Page({ title, extra, children }: { title: string; extra?: ReactNode; children: ReactNode }) {
  useEffect(() => {
    document.title = `${title} · simlink`;
  }, [title]);
  return (
    <>
      <div className="head">
        <h1>{title}</h1>
        {extra && <div className="line">{extra}</div>}
      </div>
      {children}
    </>
  );
}

export function Waiting() {
  const texts = useTexts();
  return (
    <div className="centre" role="status" aria-label={texts.common.loading}>
      <Spin size="large" />
    </div>
  );
}

/** What went wrong, and what can be done. */
export function wordsOf(error: unknown, texts: Texts): { title: string; advice?: string } {
  if (!(error instanceof ApiError)) return { title: texts.failure.unknown, advice: texts.failure.server };
  if (error.status === 0) return { title: texts.failure.network };
  if (error.status === 429) return { title: texts.failure.tooMany };
  if (error.signedOut) return { title: texts.failure.signedOut };
  if (error.code === "APIGW.0302") return { title: texts.failure.forbidden };
  if (error.status >= 500) return { title: texts.failure.server };
  return { title: error.message || texts.failure.unknown, advice: error.code || undefined };
}

export function Failure({ error, retry }: { error: unknown; retry?: () => void }) {
  const texts = useTexts();
  const { title, advice } = wordsOf(error, texts);
  return (
    <Alert
      type="error"
      showIcon
      title={title}
      description={advice}
      action={retry && <Button onClick={retry}>{texts.common.retry}</Button>}
    />
  );
}

/** Says a failure in passing, and signs out where the session is over. */
export function useSayFailure() {
  const { message } = App.useApp();
  const texts = useTexts();
  const client = useQueryClient();
  return (error: unknown) => {
    const { title, advice } = wordsOf(error, texts);
    void message.error({ content: advice ? `${title} (${advice})` : title, duration: 8 });
    if (error instanceof ApiError && error.signedOut) client.setQueryData(["session"], null);
  };
}

/** In place of a page that threw. */
export function Broken() {
  const texts = useTexts();
  const error = useRouteError();
  return (
    <div className="centre">
      <Alert
        type="error"
        showIcon
        title={texts.common.broken}
        description={error instanceof Error ? error.message : undefined}
        action={<Button onClick={() => window.location.reload()}>{texts.common.reload}</Button>}
      />
    </div>
  );
}
