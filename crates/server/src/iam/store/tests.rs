//! The store on both engines: what is written is what is loaded, and nothing reaches into another account.

use simlink_db::testing::{TestDb, databases};

use super::*;
use crate::migrations::MIGRATIONS;

const NOW_MS: i64 = 1_700_000_000_000;

/// Every engine with accounts `demo` (projects `p1`, `p2`; user `u1`) and `rival` (user `u2`).
async fn worlds() -> Vec<(TestDb, AccountId, AccountId)> {
    let mut worlds = Vec::new();
    for test in databases().await {
        test.db.migrate(MIGRATIONS, NOW_MS).await.expect("migrates");
        let seeded = test.db.write(seed).await.expect("seeds");
        worlds.push((test, seeded.0, seeded.1));
    }
    worlds
}

fn seed(tx: &mut Tx<'_>) -> Result<(AccountId, AccountId), DbError> {
    let projects = [("p2", "west"), ("p1", "east")];
    let demo = NewAccount { name: "demo", domain_id: "d1", frozen: false, projects: &projects };
    let rival = NewAccount { name: "rival", domain_id: "d2", frozen: true, projects: &[("p3", "east")] };
    let (demo, rival) =
        (create_account(tx, &demo, NOW_MS, "test")?, create_account(tx, &rival, NOW_MS, "test")?);
    for (account, id, role) in [(demo, "u1", Role::Admin), (rival, "u2", Role::Viewer)] {
        create_user(tx, &NewUser { account, id, name: "ann", role, password_hash: "hash" }, NOW_MS, "test")?;
    }
    Ok((demo, rival))
}

fn token(number: u8, issued_ms: i64) -> Token {
    let expires_ms = issued_ms + limits::TOKEN_LIFE_MS;
    Token {
        hash: [number; 32],
        project_id: Some("p1".into()),
        domain_scope: false,
        kind: TokenKind::Api,
        issued_ms,
        expires_ms,
    }
}

fn tokens_of(tx: &mut Tx<'_>, user: &str) -> Result<Vec<u8>, DbError> {
    let users = load_users(tx, Some(&[user.to_owned()]))?;
    let mut numbers: Vec<u8> = users[0].tokens.iter().map(|token| token.hash[0]).collect();
    numbers.sort_unstable();
    Ok(numbers)
}

/// Shows that accounts and users come back as they went in, all at once or those asked for, without the missing.
#[tokio::test]
async fn loads_what_was_stored() {
    for (test, demo, rival) in worlds().await {
        let work = move |tx: &mut Tx<'_>| {
            let new = NewAccessKey {
                account: demo,
                user_id: "u1",
                id: "AK",
                secret_sealed: "sealed",
                description: "é",
            };
            assert_eq!(create_access_key(tx, &new, NOW_MS, "test")?, KeyCreation::Created);
            issue_token(tx, demo, "u1", &token(1, NOW_MS), 0)?;
            let all = load_accounts(tx, None)?;
            assert_eq!(all, load_accounts(tx, Some(&[demo, AccountId(1), rival]))?);
            let names: Vec<_> =
                all.iter().map(|account| (&*account.name, &*account.domain_id, account.frozen)).collect();
            assert_eq!(names, [("demo", "d1", false), ("rival", "d2", true)]);
            let projects: Vec<_> = all
                .iter()
                .map(|account| account.projects.iter().map(|project| &*project.id).collect::<Vec<_>>())
                .collect();
            assert_eq!(projects, [vec!["p1", "p2"], vec!["p3"]]);
            for users in
                [load_users(tx, None)?, load_users(tx, Some(&["u1".into(), "none".into(), "u2".into()]))?]
            {
                let seen: Vec<_> =
                    users.iter().map(|user| (&*user.id, user.account, user.role, user.enabled)).collect();
                assert_eq!(seen, [("u1", demo, Role::Admin, true), ("u2", rival, Role::Viewer, true)]);
                assert_eq!(users[0].tokens, [token(1, NOW_MS)]);
                let key = &users[0].keys[0];
                assert_eq!(
                    (&*key.id, &*key.secret_sealed, key.active, &*key.description),
                    ("AK", "sealed", true, "é")
                );
                assert!(users[1].keys.is_empty() && users[1].tokens.is_empty());
            }
            Ok::<_, DbError>(())
        };
        test.db.write(work).await.expect("the store works");
    }
}

/// Shows that a new token ends the others but for the newest good ones that may stay, and that revoking ends one.
#[tokio::test]
async fn tokens_end() {
    for (test, demo, rival) in worlds().await {
        let work = move |tx: &mut Tx<'_>| {
            let life_ms = limits::TOKEN_LIFE_MS;
            for (number, issued_ms) in [(1, NOW_MS), (2, NOW_MS + 1), (3, NOW_MS + 2)] {
                issue_token(tx, demo, "u1", &token(number, issued_ms), 10)?;
            }
            assert_eq!(tokens_of(tx, "u1")?, [1, 2, 3]);
            issue_token(tx, demo, "u1", &token(4, NOW_MS + 3), 2)?;
            assert_eq!(tokens_of(tx, "u1")?, [2, 3, 4], "the oldest beyond the number kept");
            issue_token(tx, demo, "u1", &token(5, NOW_MS + 1 + life_ms), 10)?;
            assert_eq!(tokens_of(tx, "u1")?, [3, 4, 5], "an expired one");
            assert!(!revoke_token(tx, rival, "u1", &[3; 32], NOW_MS, "test")?);
            assert!(revoke_token(tx, demo, "u1", &[3; 32], NOW_MS, "test")?);
            assert!(!revoke_token(tx, demo, "u1", &[3; 32], NOW_MS, "test")?);
            issue_token(tx, demo, "u1", &token(6, NOW_MS + 4), 0)?;
            assert_eq!(tokens_of(tx, "u1")?, [6], "all others");
            assert_eq!(tokens_of(tx, "u2")?, [0; 0]);
            assert!(set_user_enabled(tx, demo, "u1", false, NOW_MS, "test")?);
            assert_eq!(tokens_of(tx, "u1")?, [0; 0]);
            Ok::<_, DbError>(())
        };
        test.db.write(work).await.expect("the store works");
        let stranger = test.db.write(move |tx| issue_token(tx, rival, "u1", &token(7, NOW_MS), 0)).await;
        assert_eq!(stranger, Err(DbError::NotFound));
    }
}

/// Shows that a user has two keys at most, also when many are asked for at once, and that keys are changed and deleted
/// within their account and user only.
#[tokio::test]
async fn keys_are_bounded_and_guarded() {
    for (test, demo, rival) in worlds().await {
        let create = |number: u32| {
            let work = move |tx: &mut Tx<'_>| {
                let id = format!("AK{number}");
                let new = NewAccessKey {
                    account: demo,
                    user_id: "u1",
                    id: &id,
                    secret_sealed: "",
                    description: "",
                };
                create_access_key(tx, &new, NOW_MS + i64::from(number), "test")
            };
            let db = test.db.clone();
            tokio::spawn(async move { db.write(work).await })
        };
        let mut outcomes = Vec::new();
        for asked in (0..8).map(create).collect::<Vec<_>>() {
            outcomes.push(asked.await.expect("runs").expect("answers"));
        }
        let created = outcomes.iter().filter(|outcome| **outcome == KeyCreation::Created).count();
        let too_many = outcomes.iter().filter(|outcome| **outcome == KeyCreation::TooMany).count();
        assert_eq!((created, too_many), (2, 6));
        let work = move |tx: &mut Tx<'_>| {
            let stranger =
                NewAccessKey { account: rival, user_id: "u1", id: "X", secret_sealed: "", description: "" };
            assert_eq!(create_access_key(tx, &stranger, NOW_MS, "test")?, KeyCreation::UnknownUser);
            let keys =
                |tx: &mut Tx<'_>| Ok::<_, DbError>(load_users(tx, Some(&["u1".into()]))?.remove(0).keys);
            let first = keys(tx)?.remove(0).id;
            for (account, user, key, expected) in [
                (rival, "u1", &*first, false),
                (demo, "u2", &*first, false),
                (demo, "u1", "none", false),
                (demo, "u1", &*first, true),
            ] {
                let what = (Some(false), Some("new"));
                assert_eq!(
                    update_access_key(tx, account, (user, key), what, NOW_MS, "test")?,
                    expected,
                    "{user} {key}"
                );
            }
            let changed = keys(tx)?.remove(0);
            assert_eq!((changed.active, &*changed.description), (false, "new"));
            assert!(update_access_key(tx, demo, ("u1", &first), (Some(true), None), NOW_MS, "test")?);
            let changed = keys(tx)?.remove(0);
            assert_eq!((changed.active, &*changed.description), (true, "new"));
            assert!(!delete_access_key(tx, rival, ("u1", &first), NOW_MS, "test")?);
            assert!(delete_access_key(tx, demo, ("u1", &first), NOW_MS, "test")?);
            assert_eq!(keys(tx)?.len(), 1);
            Ok::<_, DbError>(())
        };
        test.db.write(work).await.expect("the store works");
    }
}

/// Shows that every write leaves a row in the change log that names whom to read again, and that accounts freeze and
/// thaw.
#[tokio::test]
async fn writes_are_recorded() {
    for (test, demo, rival) in worlds().await {
        let work = move |tx: &mut Tx<'_>| {
            assert!(freeze_account(tx, demo, true, NOW_MS, "test")?);
            assert!(load_accounts(tx, Some(&[demo]))?[0].frozen);
            assert!(freeze_account(tx, demo, false, NOW_MS, "test")?);
            assert!(!load_accounts(tx, Some(&[demo]))?[0].frozen);
            assert!(!set_user_enabled(tx, rival, "u1", false, NOW_MS, "test")?);
            issue_token(tx, demo, "u1", &token(1, NOW_MS), 0)?;
            tx.rows("SELECT kind, subject, subject_ids FROM change_log ORDER BY sequence", &[], |row| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?))
            })
        };
        let rows: Vec<(String, String, String)> =
            test.db.write::<_, DbError, _>(work).await.expect("the store works");
        let rows: Vec<_> = rows.iter().map(|row| (row.0.as_str(), row.1.as_str(), row.2.as_str())).collect();
        let (demo, rival) = (demo.0.to_string(), rival.0.to_string());
        let expected = [
            ("created", "account", demo.as_str()),
            ("created", "account", &rival),
            ("created", "user", "u1"),
            ("created", "user", "u2"),
            ("frozen", "account", &demo),
            ("thawed", "account", &demo),
            ("token_issued", "user", "u1"),
        ];
        assert_eq!(rows, expected);
    }
}
