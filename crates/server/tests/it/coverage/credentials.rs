//! What both credentials of a user reach.

use axum::http::Method;
use simlink::http::operation::Access;

use super::{caller_of, ids, walk};
use crate::support::{ACME_ADMIN, TestApp};

#[tokio::test]
async fn both_credentials_meet_the_same_operations() {
    // Shows that every operation answers the same to a token and to a signature of one user, over the whole walk.
    for (operation, entry) in walk().filter(|(operation, _)| operation.access == Access::Read) {
        if operation.method == Method::DELETE {
            continue;
        }
        let app = TestApp::embedded().await;
        let ids = ids(&app).await;
        let by_token = app.send((entry.good)(&ids).token_of(caller_of(operation))).await;
        let signed = (entry.good)(&ids).signed_by(&ACME_ADMIN, app.app.clock.now_ms());
        assert_eq!(app.send(signed).await.masked(), by_token.masked(), "{}", operation.id);
    }
}
