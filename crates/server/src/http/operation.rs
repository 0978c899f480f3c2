//! An operation: everything that is said of an endpoint in one value, kept beside its handler.
//!
//! The router, the gateway's checks, the flow control, the OpenAPI document and the coverage tests read it, so that
//! none of them can disagree about what an endpoint is.

use std::future::Future;
use std::pin::Pin;

use axum::http::Method;
use utoipa::ToSchema;
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{RefOr, Schema};

use super::call::Call;
use super::error::{ErrorStyle, Refusal};
use super::parameter::Parameter;
use super::reply::Reply;

/// Who may call an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Anybody, without a credential.
    Public,
    /// Every user of an account.
    Read,
    /// Users that may change things: `admin`, `operator`.
    Write,
    /// Users that run the platform: `operator`.
    Operate,
}

/// An allowance of requests per second.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Allowance {
    /// Over the whole API.
    Everything,
    /// `GET /v1/sim-cards` alone.
    ListSimCards,
    /// `GET /v1/sim-price-plans` alone.
    ListSimPricePlans,
}

/// What a handler comes to.
pub type Handling = Pin<Box<dyn Future<Output = Result<Reply, Refusal>> + Send>>;

/// An endpoint. Each lives as a `const` in the file of its handler and is listed in `http/router.rs`.
pub struct Operation {
    /// The name that SDKs know it by.
    pub id: &'static str,
    /// The method.
    pub method: Method,
    /// The path, with `{name}` for path parameters.
    pub path: &'static str,
    /// One sentence for the OpenAPI document.
    pub summary: &'static str,
    /// The group it is listed under in the OpenAPI document.
    pub group: &'static str,
    /// How its errors look.
    pub errors: ErrorStyle,
    /// Who may call it.
    pub access: Access,
    /// An allowance of its own beside the one over everything.
    pub allowance: Option<Allowance>,
    /// Its parameters in path, query and body.
    pub parameters: &'static [Parameter],
    /// The form of its request body, where declared members do not say it.
    pub request: Option<fn() -> Shape>,
    /// Status and, unless it answers no body, form of its success.
    pub response: (u16, Option<fn() -> Shape>),
    /// What it does.
    pub handler: fn(Call) -> Handling,
}

impl Operation {
    /// Whether it changes something: what an idempotency key is for. Some reads are a `POST` for their body.
    pub fn writes(&self) -> bool {
        match self.access {
            Access::Public => false,
            Access::Read => [Method::PUT, Method::DELETE].contains(&self.method),
            Access::Write | Access::Operate => self.method != Method::GET,
        }
    }
}

/// The form of a body: its media type, its schema and the named schemas that it refers to.
pub struct Shape {
    /// The media type.
    pub media_type: &'static str,
    /// The schema of the body itself.
    pub schema: RefOr<Schema>,
    /// Named schemas on the way.
    pub named: Vec<(String, RefOr<Schema>)>,
}

/// The form of `T` as a body.
pub fn shape<T: ToSchema>() -> Shape {
    let mut named = Vec::new();
    T::schemas(&mut named);
    Shape { media_type: "application/json", schema: T::schema(), named }
}

/// A file as the body itself: text of this media type.
pub fn file(media_type: &'static str) -> Shape {
    let schema = ObjectBuilder::new().schema_type(Type::String).build();
    Shape { media_type, schema: RefOr::T(Schema::Object(schema)), named: Vec::new() }
}

/// The form of `T` as the parts of a form that carries a file.
pub fn form<T: ToSchema>() -> Shape {
    Shape { media_type: "multipart/form-data", ..shape::<T>() }
}
