// The console's surroundings: menu, header, and the page in the middle.
import {
  ApiOutlined,
  AppstoreOutlined,
  AuditOutlined,
  BranchesOutlined,
  CloudUploadOutlined,
  ClusterOutlined,
  CreditCardOutlined,
  DashboardOutlined,
  DatabaseOutlined,
  ExperimentOutlined,
  FileTextOutlined,
  KeyOutlined,
  LogoutOutlined,
  MailOutlined,
  MenuOutlined,
  MoonOutlined,
  PauseCircleOutlined,
  ProfileOutlined,
  ShoppingCartOutlined,
  SunOutlined,
  SwapOutlined,
  TagsOutlined,
  TeamOutlined,
  UserOutlined,
} from "@ant-design/icons";
import { useMutation, useQuery } from "@tanstack/react-query";
import { Button, Drawer, Dropdown, Grid, Layout, Menu, Tooltip, theme } from "antd";
import { useEffect, useState, type ReactNode } from "react";
import { Link, Outlet, useLocation } from "react-router-dom";
import { api, ask } from "../api/client";
import { useSession, useSetSession } from "../api/session";
import { useLanguage } from "../i18n";
import { useDark } from "../lib/dark";
import { useFormat } from "../lib/format";
import { useSayFailure } from "./Frame";

const { Header, Sider, Content } = Layout;

function useItems() {
  const { texts } = useLanguage();
  const session = useSession();
  const item = (path: string, label: string, icon: ReactNode) => ({ key: path, icon, label: <Link to={path}>{label}</Link> });
  const group = (label: string, children: ReturnType<typeof item>[]) => ({ type: "group" as const, key: label, label, children });
  const menu = texts.menu;
  const operator = session.role === "operator";
  return [
    item("/", menu.overview, <DashboardOutlined />),
    ...(operator
      ? [
          group(menu.operator, [
            item("/operator/accounts", menu.accounts, <TeamOutlined />),
            item("/operator/orders", menu.allOrders, <AuditOutlined />),
            item("/operator/purchases", menu.purchases, <ShoppingCartOutlined />),
            item("/operator/usage", menu.usageFiles, <CloudUploadOutlined />),
            item("/operator/carriers", menu.carriers, <ClusterOutlined />),
            item("/operator/jobs", menu.parked, <PauseCircleOutlined />),
            ...(session.sandbox ? [item("/operator/sandbox", menu.sandbox, <ExperimentOutlined />)] : []),
          ]),
        ]
      : []),
    group(menu.fleet, [
      item("/cards", menu.cards, <CreditCardOutlined />),
      item("/multi", menu.multi, <SwapOutlined />),
      item("/pools", menu.pools, <DatabaseOutlined />),
      item("/plans", menu.plans, <AppstoreOutlined />),
    ]),
    group(menu.operations, [
      item("/orders", menu.orders, <ProfileOutlined />),
      item("/sms", menu.sms, <MailOutlined />),
      item("/files", menu.files, <FileTextOutlined />),
    ]),
    group(menu.settings, [
      item("/tags", menu.tags, <TagsOutlined />),
      item("/attributes", menu.attributes, <ApiOutlined />),
      item("/policies", menu.policies, <BranchesOutlined />),
      item("/keys", menu.keys, <KeyOutlined />),
    ]),
  ];
}

function Brand() {
  const { token } = theme.useToken();
  return (
    <Link to="/" className="line" style={{ padding: "16px 20px", gap: 10, color: token.colorText, fontWeight: 650, fontSize: 17 }}>
      <img src="/console/assets/icon.svg" alt="" width={26} height={26} />
      simlink
    </Link>
  );
}

function Navigation({ done }: { done?: () => void }) {
  const { texts } = useLanguage();
  const { pathname } = useLocation();
  const items = useItems();
  const first = pathname.split("/").slice(0, pathname.startsWith("/operator/") ? 3 : 2).join("/") || "/";
  return (
    <nav aria-label={texts.shell.navigation}>
      <Brand />
      <Menu mode="inline" items={items} selectedKeys={[first]} onClick={done} style={{ borderInlineEnd: 0, paddingBottom: 24 }} />
    </nav>
  );
}

/** Where a sandbox's clock stands, when it is not the viewer's. */
function SandboxClock() {
  const { texts } = useLanguage();
  const session = useSession();
  const format = useFormat();
  const { token } = theme.useToken();
  const moved = Math.abs(session.now_ms - Date.now()) > 60 * 60 * 1000;
  if (!session.sandbox || !moved) return null;
  return (
    <Tooltip title={texts.shell.clockMoved(format.moment(session.now_ms))}>
      <span className="status" style={{ color: token.colorTextSecondary }}>
        <ExperimentOutlined style={{ marginInlineEnd: 6 }} />
        {format.date(session.now_ms)}
      </span>
    </Tooltip>
  );
}

export function Shell() {
  const { texts, language, choose } = useLanguage();
  const { dark, toggle } = useDark();
  const session = useSession();
  const setSession = useSetSession();
  const say = useSayFailure();
  const wide = Grid.useBreakpoint().lg ?? true;
  const [open, setOpen] = useState(false);
  const { token } = theme.useToken();
  const { pathname } = useLocation();
  useEffect(() => setOpen(false), [pathname]);
  const signOut = useMutation({
    mutationFn: () => ask(api.DELETE("/v1/session")),
    onSuccess: () => setSession(null),
    onError: say,
  });
  // A session that ends elsewhere, or by time, is noticed without a click.
  useQuery({
    queryKey: ["session", "alive"],
    queryFn: async () => {
      const found = await ask(api.GET("/v1/session")).catch(() => null);
      if (!found) setSession(null);
      return found !== null;
    },
    refetchInterval: 60_000,
    enabled: !signOut.isPending,
    initialData: true,
    staleTime: 60_000,
  });
  return (
    <Layout style={{ minHeight: "100%" }}>
      <a className="skip" href="#content">
        {texts.shell.skip}
      </a>
      {wide && (
        <Sider width={232} style={{ borderInlineEnd: `1px solid ${token.colorBorderSecondary}`, position: "sticky", top: 0, height: "100vh", overflowY: "auto" }}>
          <Navigation />
        </Sider>
      )}
      <Drawer open={!wide && open} onClose={() => setOpen(false)} placement="left" size={264} styles={{ body: { padding: 0 } }} title={texts.product}>
        <Navigation done={() => setOpen(false)} />
      </Drawer>
      <Layout>
        <Header style={{ display: "flex", alignItems: "center", gap: 8, borderBottom: `1px solid ${token.colorBorderSecondary}`, position: "sticky", top: 0, zIndex: 20 }}>
          {!wide && <Button type="text" icon={<MenuOutlined />} aria-label={texts.shell.openMenu} onClick={() => setOpen(true)} />}
          <SandboxClock />
          <span style={{ flex: 1 }} />
          <Button type="text" lang={language === "zh" ? "en" : "zh-CN"} onClick={() => choose(language === "zh" ? "en" : "zh")}>
            {texts.shell.language}
          </Button>
          <Tooltip title={dark ? texts.shell.light : texts.shell.dark}>
            <Button type="text" icon={dark ? <SunOutlined /> : <MoonOutlined />} aria-label={dark ? texts.shell.light : texts.shell.dark} onClick={toggle} />
          </Tooltip>
          <Dropdown
            trigger={["click"]}
            menu={{
              items: [
                { key: "who", disabled: true, label: `${session.domain_name} · ${texts.shell.roles[session.role] ?? session.role}` },
                { key: "docs", label: <a href="/docs" target="_blank" rel="noreferrer">{texts.shell.docs}</a> },
                { type: "divider" },
                { key: "out", icon: <LogoutOutlined />, label: texts.shell.signOut, onClick: () => signOut.mutate() },
              ],
            }}
          >
            <Button type="text" icon={<UserOutlined />}>
              {session.user_name}
            </Button>
          </Dropdown>
        </Header>
        <Content id="content" tabIndex={-1} style={{ outline: "none" }}>
          <div className="content">
            <Outlet />
            <footer style={{ marginTop: 24, fontSize: 12, color: token.colorTextSecondary }}>{texts.common.zone(Intl.DateTimeFormat().resolvedOptions().timeZone)}</footer>
          </div>
        </Content>
      </Layout>
    </Layout>
  );
}
