//! `POST /ops/v1/usage-files`: the operator hands in what cards used on days; the body is the file.

use std::io::Cursor;

use axum::http::{Method, StatusCode};
use serde::Serialize;
use utoipa::ToSchema;

use super::receive::{self, Taken, Terms};
use crate::error_codes::ErrorCode;
use crate::files::{LineError, Report};
use crate::http::call::Call;
use crate::http::error::{ErrorStyle, Refusal};
use crate::http::language::Language;
use crate::http::operation::{Access, Operation, file, shape};
use crate::http::parameter::Parameter;
use crate::http::reply::Reply;
use crate::import::ImportError;

const PARTIAL: Parameter =
    Parameter::boolean("partial", "Applies the good lines of a file that has bad ones.").or("false");

/// The operation.
pub const OPERATION: Operation = Operation {
    id: "ReceiveUsageFile",
    method: Method::POST,
    path: "/ops/v1/usage-files",
    summary: "Takes in a file of daily usage: CSV with the columns iccid, date, mb, or JSON lines.",
    group: "Operator",
    errors: ErrorStyle::Business,
    access: Access::Operate,
    allowance: None,
    parameters: &[PARTIAL],
    request: Some(|| file("text/csv")),
    response: (200, Some(shape::<ReceivedUsageFile>)),
    handler: |call| Box::pin(take(call)),
};

/// What became of a file.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReceivedUsageFile {
    /// Its id, rising in the order of receipt.
    usage_file_id: i64,
    /// It had been taken in before: nothing was done.
    repeated: bool,
    /// Good lines, all applied.
    lines: u64,
    /// Bad lines, which were left out.
    bad_lines: u64,
    /// The first thousand of them.
    errors: Vec<BadLine>,
}

/// A file that was not taken in, for its lines.
#[derive(Debug, Serialize)]
struct RefusedUsageFile {
    error_code: &'static str,
    error_msg: String,
    bad_lines: u64,
    errors: Vec<BadLine>,
}

/// A bad line.
#[derive(Debug, Serialize, ToSchema)]
struct BadLine {
    /// Its number, counting from 1.
    line: u64,
    column: Option<&'static str>,
    reason: String,
}

async fn take(call: Call) -> Result<Reply, Refusal> {
    let partial = call.query.boolean(&PARTIAL)?.unwrap_or(false);
    let terms = Terms { partial, ..Terms::new(&*call.caller().user_id, call.app.clock.now_ms()) };
    let taken = receive::file(&call.app.db, Cursor::new(call.body.clone()), terms, |_| ()).await;
    call.app.follower.catch_up().await;
    match taken {
        Ok(taken) => Ok(Reply::json(&received(taken))),
        Err(ImportError::BadLines(report)) => {
            let count = report.error_count;
            let message = match call.language {
                Language::Chinese => format!("有{count}行错误，未导入任何数据"),
                Language::English => format!("{count} bad lines: nothing was taken in"),
            };
            Ok(refused(message, report))
        }
        Err(ImportError::Database(error)) => Err(error.into()),
        Err(error @ (ImportError::File(_) | ImportError::TooManyLines(_))) => {
            Ok(refused(error.to_string(), Report::default()))
        }
    }
}

fn received(taken: Taken) -> ReceivedUsageFile {
    let Taken { usage_file_id, report, repeated } = taken;
    ReceivedUsageFile {
        usage_file_id,
        repeated,
        lines: report.records,
        bad_lines: report.error_count,
        errors: bad_lines(report.errors),
    }
}

/// The parameter error with, beside its members, every line at fault.
fn refused(error_msg: String, report: Report) -> Reply {
    let body = RefusedUsageFile {
        error_code: ErrorCode::ParameterError.text().code,
        error_msg: format!("file: {error_msg}"),
        bad_lines: report.error_count,
        errors: bad_lines(report.errors),
    };
    Reply::json(&body).with_status(StatusCode::BAD_REQUEST)
}

fn bad_lines(errors: Vec<LineError>) -> Vec<BadLine> {
    let shown = |error: LineError| BadLine { line: error.line, column: error.column, reason: error.reason };
    errors.into_iter().map(shown).collect()
}
