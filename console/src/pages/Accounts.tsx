// Accounts with their users: making, freezing, thawing, and which of their orders need approval.
import { PlusOutlined } from "@ant-design/icons";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Alert, App, Button, Descriptions, Form, Input, Modal, Popconfirm, Select, Space, Table, Typography } from "antd";
import { useState } from "react";
import { api, ask, type Answer } from "../api/client";
import { useTexts, word } from "../i18n";
import { useFormat } from "../lib/format";
import { Failure, Page, useSayFailure } from "../parts/Frame";
import { Status } from "../parts/Status";

type Account = Answer<"ListAccounts">["accounts"][number];
type User = Account["users"][number];

/** What is shown once: names, passwords, keys. */
type Secrets = Record<string, unknown>;

function Once({ secrets, close }: { secrets: Secrets; close: () => void }) {
  const texts = useTexts();
  const items = Object.entries(secrets).filter((entry): entry is [string, string] => typeof entry[1] === "string");
  return (
    <Modal open title={texts.accounts.secrets} onCancel={close} onOk={close} okText={texts.common.close} cancelButtonProps={{ style: { display: "none" } }}>
      <Alert type="warning" showIcon title={texts.accounts.once} style={{ marginBottom: 12 }} />
      <Descriptions column={1} size="small" items={items.map(([name, value]) => ({ key: name, label: name, children: <Typography.Text code copyable>{value}</Typography.Text> }))} />
    </Modal>
  );
}

/** A new account, or a new user of one. */
function NewOne({ account, made, close }: { account: string | null; made: (secrets: Secrets) => void; close: () => void }) {
  const texts = useTexts();
  const [form] = Form.useForm<{ name: string; role: "admin" }>();
  const make = useMutation({
    mutationFn: async ({ name, role }: { name: string; role: "admin" }): Promise<Secrets> =>
      account === null ? ask(api.POST("/ops/v1/accounts", { body: { name } })) : ask(api.POST("/ops/v1/accounts/{account}/users", { params: { path: { account } }, body: { name, role } })),
    onSuccess: made,
  });
  return (
    <Modal
      open
      title={account === null ? texts.accounts.make : `${texts.accounts.newUser}: ${account}`}
      okText={texts.common.create}
      cancelText={texts.common.cancel}
      onCancel={close}
      onOk={() => form.submit()}
      okButtonProps={{ loading: make.isPending }}
    >
      <Form form={form} layout="vertical" initialValues={{ role: "admin" }} onFinish={(fields) => make.mutate(fields)}>
        <Form.Item name="name" label={texts.common.name} rules={[{ required: true, message: texts.signIn.needed }]}>
          <Input maxLength={64} autoFocus />
        </Form.Item>
        {account !== null && (
          <Form.Item name="role" label={texts.accounts.role}>
            <Select options={["admin", "viewer"].map((role) => ({ value: role, label: texts.shell.roles[role] }))} />
          </Form.Item>
        )}
      </Form>
      {make.isError && <Failure error={make.error} />}
    </Modal>
  );
}

function Users({ account }: { account: Account }) {
  const texts = useTexts();
  const format = useFormat();
  const client = useQueryClient();
  const say = useSayFailure();
  const again = () => void client.invalidateQueries({ queryKey: ["accounts"] });
  const enable = useMutation({
    mutationFn: ({ name, enabled }: User) => ask(api.PUT("/ops/v1/accounts/{account}/users/{user}", { params: { path: { account: account.name, user: name } }, body: { enabled: !enabled } })),
    onSuccess: again,
    onError: say,
  });
  const review = useMutation({
    mutationFn: (reviewed_types: number[]) => ask(api.PUT("/ops/v1/accounts/{account}", { params: { path: { account: account.name } }, body: { reviewed_types } })),
    onSuccess: again,
    onError: say,
  });
  return (
    <div className="stack">
      <Table<User>
        size="small"
        aria-label={`${texts.accounts.users}: ${account.name}`}
        rowKey="user_id"
        dataSource={account.users}
        pagination={false}
        columns={[
          { title: texts.common.name, dataIndex: "name" },
          { title: texts.accounts.role, dataIndex: "role", render: (role: string) => word(texts.shell.roles, role) },
          { title: texts.keys.title, dataIndex: "keys", className: "number", render: (keys: User["keys"]) => format.number(keys.length) },
          { title: texts.common.status, dataIndex: "enabled", render: (enabled: boolean) => <Status tone={enabled ? "green" : "grey"} text={enabled ? texts.keys.active : texts.accounts.disabled} /> },
          {
            title: texts.common.actions,
            key: "actions",
            render: (_, user) => (
              <Button size="small" onClick={() => enable.mutate(user)}>
                {user.enabled ? texts.common.disable : texts.common.enable}
              </Button>
            ),
          },
        ]}
      />
      <div className="line">
        <span>{texts.accounts.reviewed}</span>
        <Select
          aria-label={texts.accounts.reviewed}
          mode="multiple"
          allowClear
          value={account.reviewed_types ?? []}
          onChange={(types: number[]) => review.mutate(types)}
          options={Object.entries(texts.orderType).map(([value, label]) => ({ value: Number(value), label }))}
          optionFilterProp="label"
          style={{ minWidth: 320, maxWidth: "100%" }}
        />
      </div>
    </div>
  );
}

export default function Accounts() {
  const texts = useTexts();
  const format = useFormat();
  const client = useQueryClient();
  const say = useSayFailure();
  const { message } = App.useApp();
  const [making, setMaking] = useState<{ account: string | null } | null>(null);
  const [secrets, setSecrets] = useState<Secrets | null>(null);
  const accounts = useQuery({ queryKey: ["accounts"], queryFn: async () => (await ask(api.GET("/ops/v1/accounts", { params: { query: { limit: 500 } } }))).accounts });
  const again = () => void client.invalidateQueries({ queryKey: ["accounts"] });
  const freeze = useMutation({
    mutationFn: ({ name, frozen }: Account) => ask(api.PUT("/ops/v1/accounts/{account}", { params: { path: { account: name } }, body: { frozen: !frozen } })),
    onSuccess: () => {
      again();
      void message.success(texts.accounts.saved);
    },
    onError: say,
  });
  return (
    <Page
      title={texts.accounts.title}
      extra={
        <Button type="primary" icon={<PlusOutlined />} onClick={() => setMaking({ account: null })}>
          {texts.accounts.make}
        </Button>
      }
    >
      {accounts.isError && <Failure error={accounts.error} retry={() => void accounts.refetch()} />}
      <Table<Account>
        size="medium"
        aria-label={texts.accounts.title}
        rowKey="domain_id"
        loading={accounts.isPending}
        dataSource={accounts.data}
        pagination={{ pageSize: 20, showSizeChanger: false, hideOnSinglePage: true }}
        scroll={{ x: "max-content" }}
        expandable={{ expandedRowRender: (account) => <Users account={account} /> }}
        columns={[
          { title: texts.accounts.account, dataIndex: "name" },
          { title: texts.common.status, dataIndex: "frozen", render: (frozen: boolean) => <Status tone={frozen ? "red" : "green"} text={frozen ? texts.accounts.frozen : texts.accounts.open} /> },
          { title: texts.accounts.cards, dataIndex: "sim_card_count", align: "end", className: "number", render: format.number },
          { title: texts.accounts.users, dataIndex: "users", align: "end", className: "number", render: (users: User[]) => format.number(users.length) },
          {
            title: texts.common.actions,
            key: "actions",
            render: (_, account) => (
              <Space>
                <Button size="small" onClick={() => setMaking({ account: account.name })}>
                  {texts.accounts.newUser}
                </Button>
                {account.frozen ? (
                  <Button size="small" onClick={() => freeze.mutate(account)}>
                    {texts.accounts.thaw}
                  </Button>
                ) : (
                  <Popconfirm title={texts.accounts.freezeAsk(account.name)} description={texts.accounts.freezeWhat} okText={texts.accounts.freeze} cancelText={texts.common.cancel} onConfirm={() => freeze.mutate(account)}>
                    <Button size="small" danger>
                      {texts.accounts.freeze}
                    </Button>
                  </Popconfirm>
                )}
              </Space>
            ),
          },
        ]}
      />
      {making && (
        <NewOne
          account={making.account}
          close={() => setMaking(null)}
          made={(made) => {
            setMaking(null);
            setSecrets(made);
            again();
          }}
        />
      )}
      {secrets && <Once secrets={secrets} close={() => setSecrets(null)} />}
    </Page>
  );
}
