//! The fixed, documented credentials of the demo. They are public: a demo listens on the loopback interface only.

/// An account with its project and users.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DemoAccount {
    /// The domain's name, by which records name the account.
    pub domain: &'static str,
    /// 32 hexadecimal digits.
    pub domain_id: &'static str,
    /// The project's name, the same as in the SDKs' region.
    pub project: &'static str,
    /// 32 hexadecimal digits.
    pub project_id: &'static str,
    /// The first one is the account's own.
    pub users: &'static [DemoUser],
}

/// A user and its two ways to sign in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DemoUser {
    /// The user's name.
    pub name: &'static str,
    /// 32 hexadecimal digits.
    pub user_id: &'static str,
    /// `admin`, `viewer` or `operator`.
    pub role: &'static str,
    /// For `POST /v3/auth/tokens`.
    pub password: &'static str,
    /// AK: 20 upper-case letters and digits.
    pub access_key: &'static str,
    /// SK: 40 letters and digits.
    pub secret_key: &'static str,
}

/// The region's project, which SDK clients look up by this name.
pub const PROJECT: &str = "cn-north-4";

/// The tenant with the fleet.
pub const DEMO: DemoAccount = DemoAccount {
    domain: "demo",
    domain_id: "0d3500000000000000000000000de301",
    project: PROJECT,
    project_id: "0d3500000000000000000000000de311",
    users: &[
        DemoUser {
            name: "demo",
            user_id: "0d3500000000000000000000000de321",
            role: "admin",
            password: "demo-Password-1",
            access_key: "DEMOAK00000000000001",
            secret_key: "DemoSecretKey000000000000000000000000001",
        },
        DemoUser {
            name: "demo-viewer",
            user_id: "0d3500000000000000000000000de322",
            role: "viewer",
            password: "demo-viewer-Password-1",
            access_key: "DEMOVIEWERAK00000001",
            secret_key: "DemoViewerSecretKey000000000000000000001",
        },
    ],
};

/// The other tenant, with a hundred cards: what `demo` must never see.
pub const RIVAL: DemoAccount = DemoAccount {
    domain: "rival",
    domain_id: "0d3500000000000000000000000a1102",
    project: PROJECT,
    project_id: "0d3500000000000000000000000a1112",
    users: &[DemoUser {
        name: "rival",
        user_id: "0d3500000000000000000000000a1122",
        role: "admin",
        password: "rival-Password-1",
        access_key: "RIVALAK0000000000001",
        secret_key: "RivalSecretKey00000000000000000000000001",
    }],
};

/// The platform's own operator.
pub const OPERATOR: DemoAccount = DemoAccount {
    domain: "operator",
    domain_id: "0d350000000000000000000000090a03",
    project: PROJECT,
    project_id: "0d350000000000000000000000090a13",
    users: &[DemoUser {
        name: "operator",
        user_id: "0d350000000000000000000000090a23",
        role: "operator",
        password: "operator-Password-1",
        access_key: "OPERATORAK0000000001",
        secret_key: "OperatorSecretKey00000000000000000000001",
    }],
};

/// All of them.
pub const ACCOUNTS: [DemoAccount; 3] = [DEMO, RIVAL, OPERATOR];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn credentials_have_the_forms_clients_expect() {
        // Shows lengths and alphabets of ids and keys, and that none is used twice.
        let mut ids = BTreeSet::new();
        for account in ACCOUNTS {
            let user_ids = account.users.iter().map(|user| user.user_id);
            for id in [account.domain_id, account.project_id].into_iter().chain(user_ids) {
                assert!(
                    id.len() == 32 && id.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')),
                    "{id}"
                );
                assert!(ids.insert(id), "{id}");
            }
            for user in account.users {
                let upper = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit();
                assert!(user.access_key.len() == 20 && user.access_key.bytes().all(upper), "{}", user.name);
                assert!(user.secret_key.len() == 40, "{}", user.name);
                assert!(user.secret_key.bytes().all(|byte| byte.is_ascii_alphanumeric()), "{}", user.name);
                assert!(ids.insert(user.access_key) && ids.insert(user.secret_key), "{}", user.name);
            }
        }
    }
}
