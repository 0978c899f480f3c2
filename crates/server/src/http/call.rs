//! What a handler is called with: the app, the verified caller and the request, already read.

use std::sync::Arc;

use axum::http::HeaderMap;
use bytes::Bytes;
use simlink_db::Tx;

use super::error::{BadParameter, Problem, Refusal};
use super::language::Language;
use super::members::Members;
use super::parameter::Parameter;
use super::query::Query;
use super::reply::Reply;
use crate::app::App;
use crate::iam::{Caller, PeerAddress};
use crate::idempotency::Once;

/// A request on its way into a handler.
pub struct Call {
    /// The app.
    pub app: Arc<App>,
    /// Who calls; absent only where the operation is public.
    pub caller: Option<Caller>,
    /// Path parameters, decoded, in the path's order.
    pub path: Vec<(Box<str>, Box<str>)>,
    /// The query.
    pub query: Query,
    /// The headers.
    pub headers: HeaderMap,
    /// The body, raw.
    pub body: Bytes,
    /// The client's address.
    pub peer: PeerAddress,
    /// The language of error messages.
    pub language: Language,
    /// What a write that must have one effect is known by.
    pub once: Option<Once>,
}

impl Call {
    /// The verified caller.
    ///
    /// # Panics
    /// In an operation with [`super::operation::Access::Public`], which has none: a mistake of the route table that
    /// the first request shows.
    pub fn caller(&self) -> &Caller {
        self.caller.as_ref().expect("the gateway lets nobody past a protected operation without a caller")
    }

    /// A write's work with its answer: where the client sent an idempotency key, both are carried out once, and later
    /// requests with the key get the answer of the first.
    pub fn once<T, W, R>(
        &self,
        work: W,
        reply: R,
    ) -> impl FnOnce(&mut Tx<'_>) -> Result<Reply, Refusal> + use<T, W, R>
    where
        W: FnOnce(&mut Tx<'_>) -> Result<T, Refusal>,
        R: FnOnce(T) -> Reply,
    {
        let once = self.once.clone();
        move |tx| match once {
            Some(once) => once.around(tx, work, reply),
            None => Ok(reply(work(tx)?)),
        }
    }

    /// A whole number of the path.
    pub fn path_integer(&self, parameter: &Parameter) -> Result<i64, BadParameter> {
        parameter.read_integer(self.path_text(parameter)?)
    }

    /// A text of the path, of an allowed length.
    pub fn path_text(&self, parameter: &Parameter) -> Result<&str, BadParameter> {
        let found = self.path.iter().find(|pair| &*pair.0 == parameter.name);
        let text = found.map(|pair| &*pair.1).ok_or_else(|| parameter.bad(Problem::Required))?;
        parameter.check_text(text)?;
        Ok(text)
    }

    /// The members of the JSON body.
    pub fn members(&self) -> Result<Members, BadParameter> {
        Members::parse(&self.body)
    }

    /// A text member of the query or, failing that, of a JSON body: the single-card operations take `iccid` in
    /// either place, `GET` included (behaviour, section 1).
    pub fn query_or_body_text(&self, parameter: &Parameter) -> Result<Option<String>, BadParameter> {
        if let Some(text) = self.query.text(parameter)? {
            return Ok(Some(text.to_owned()));
        }
        self.members()?.text(parameter)
    }
}
