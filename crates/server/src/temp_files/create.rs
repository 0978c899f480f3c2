//! `POST /v1/temp-files`: uploads a list of cards, our extension of the contract.

use axum::http::{Method, header};
use bytes::Bytes;
use futures_util::future::ready;
use futures_util::stream::once;
use multer::Multipart;
use serde::Serialize;
use simlink_db::Tx;
use utoipa::ToSchema;

use super::{read, store};
use crate::http::call::Call;
use crate::http::error::{BadParameter, ErrorStyle, Problem, Refusal};
use crate::http::operation::{Access, Operation, form, shape};
use crate::http::reply::Reply;
use crate::limits;
use crate::units::Moment;

/// The operation.
pub const OPERATION: Operation = Operation {
    id: "CreateTempFile",
    method: Method::POST,
    path: "/v1/temp-files",
    summary: "Uploads a list of cards (an extension): CSV, JSON lines or the first sheet of an XLSX file.",
    group: "Files",
    errors: ErrorStyle::Business,
    access: Access::Write,
    allowance: None,
    parameters: &[],
    request: Some(form::<Upload>),
    response: (200, Some(shape::<Created>)),
    handler: |call| Box::pin(create(call)),
};

/// The parts of an upload.
#[derive(ToSchema)]
pub struct Upload {
    /// Columns `iccid` or `cid`, and `customer_attribute1` to `customer_attribute6` where values are set; at most 2 MB
    /// and 10,000 lines.
    #[schema(value_type = String, format = Binary)]
    #[expect(dead_code, reason = "describes the form; the part is read as bytes")]
    file: Vec<u8>,
}

/// The list under its id.
#[derive(Serialize, ToSchema)]
pub struct Created {
    /// What other operations name the list by.
    file_temp_id: i64,
    /// Cards in the list.
    row_count: usize,
    /// When it is forgotten.
    expire_time: Moment,
}

const fn bad(problem: Problem) -> BadParameter {
    BadParameter { field: "file", problem }
}

async fn create(call: Call) -> Result<Reply, Refusal> {
    let file = part(&call).await?;
    // Unpacking a spreadsheet takes its time: not on the threads that answer.
    let list = call.app.scans.run(move || read::read(&file)).await?.map_err(bad)?;
    let (account, now_ms) = (call.caller().account, call.app.clock.now_ms());
    let (row_count, expires_ms) = (list.row_count, now_ms + limits::TEMP_FILE_LIFE_MS);
    let work = move |tx: &mut Tx<'_>| {
        Ok(store::insert(tx, account, (&list.content, row_count), now_ms, expires_ms)?)
    };
    let reply = move |file_temp_id| {
        Reply::json(&Created { file_temp_id, row_count, expire_time: Moment(expires_ms) })
    };
    call.app.db.write(call.once(work, reply)).await
}

/// The part called `file`.
async fn part(call: &Call) -> Result<Bytes, BadParameter> {
    let malformed = |_| BadParameter { field: "body", problem: Problem::Malformed };
    let content_type = call.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let boundary = multer::parse_boundary(content_type.unwrap_or_default()).map_err(malformed)?;
    let body = once(ready(Ok::<_, std::convert::Infallible>(call.body.clone())));
    let mut parts = Multipart::new(body, boundary);
    while let Some(part) = parts.next_field().await.map_err(malformed)? {
        if part.name() == Some("file") {
            return part.bytes().await.map_err(malformed);
        }
    }
    Err(bad(Problem::Required))
}
