// Signing in: account, user and password become a session.
import { useMutation } from "@tanstack/react-query";
import { Alert, Button, Card, Form, Input, Typography } from "antd";
import { api, ApiError, ask } from "../api/client";
import { useSetSession } from "../api/session";
import { useLanguage } from "../i18n";
import { Failure } from "../parts/Frame";
import { useEffect } from "react";

interface Names {
  domain: string;
  user: string;
  password: string;
}

export default function SignIn() {
  const { texts, language, choose } = useLanguage();
  const setSession = useSetSession();
  const signIn = useMutation({
    mutationFn: (body: Names) => ask(api.POST("/v1/session", { body })),
    onSuccess: setSession,
  });
  useEffect(() => {
    document.title = `${texts.signIn.title} · simlink`;
  }, [texts]);
  const wrong = signIn.error instanceof ApiError && signIn.error.status === 401;
  const rules = [{ required: true, message: texts.signIn.needed }];
  return (
    <main className="centre">
      <Card style={{ width: 400, maxWidth: "100%" }}>
        <div className="line" style={{ justifyContent: "space-between", marginBottom: 20 }}>
          <span className="line" style={{ gap: 10 }}>
            <img src="/console/assets/icon.svg" alt="" width={30} height={30} />
            <h1 style={{ margin: 0, fontSize: 20 }}>simlink</h1>
          </span>
          <Button type="text" lang={language === "zh" ? "en" : "zh-CN"} onClick={() => choose(language === "zh" ? "en" : "zh")}>
            {texts.shell.language}
          </Button>
        </div>
        <Form<Names> layout="vertical" onFinish={(names) => signIn.mutate(names)} requiredMark={false} disabled={signIn.isPending}>
          <Form.Item name="domain" label={texts.signIn.account} rules={rules}>
            <Input autoComplete="organization" autoFocus size="large" />
          </Form.Item>
          <Form.Item name="user" label={texts.signIn.user} rules={rules}>
            <Input autoComplete="username" size="large" />
          </Form.Item>
          <Form.Item name="password" label={texts.signIn.password} rules={rules}>
            <Input.Password autoComplete="current-password" size="large" />
          </Form.Item>
          {signIn.isError && (
            <div style={{ marginBottom: 16 }}>
              {wrong ? <Alert type="error" showIcon title={texts.signIn.wrong} /> : <Failure error={signIn.error} />}
            </div>
          )}
          <Button type="primary" htmlType="submit" size="large" block loading={signIn.isPending}>
            {texts.signIn.submit}
          </Button>
        </Form>
        <Typography.Paragraph type="secondary" style={{ marginTop: 16, marginBottom: 0, fontSize: 13 }}>
          {texts.signIn.hint}
        </Typography.Paragraph>
      </Card>
    </main>
  );
}
