//! `/ops/v1/parked-jobs`: jobs that failed too often and wait for somebody: listed, tried again, or given up.

use axum::http::{Method, StatusCode};
use serde::Serialize;
use simlink_db::Tx;
use simlink_jobs as jobs;
use utoipa::ToSchema;

use crate::error_codes::ErrorCode;
use crate::http::call::Call;
use crate::http::error::{ErrorStyle, Refusal};
use crate::http::operation::{Access, Operation, shape};
use crate::http::parameter::Parameter;
use crate::http::query::LIMIT;
use crate::http::reply::Reply;
use crate::units::Moment;

const AFTER: Parameter = Parameter::integer("after", 0, i64::MAX, "The last job of the page before.").or("0");
const JOB_ID: Parameter = Parameter::integer("job_id", 0, i64::MAX, "The job.").in_path();

/// The list.
pub const LIST: Operation = Operation {
    id: "ListParkedJobs",
    method: Method::GET,
    path: "/ops/v1/parked-jobs",
    summary: "Lists jobs that failed too often and wait for somebody.",
    group: "Operator",
    errors: ErrorStyle::Business,
    access: Access::Operate,
    allowance: None,
    parameters: &[AFTER, LIMIT],
    request: None,
    response: (200, Some(shape::<ParkedJobs>)),
    handler: |call| Box::pin(async move { list(&call).await }),
};

/// Trying again.
pub const RESUME: Operation = Operation {
    id: "ResumeParkedJob",
    method: Method::POST,
    path: "/ops/v1/parked-jobs/{job_id}/resume",
    summary: "Tries a parked job again, with all its attempts before it.",
    parameters: &[JOB_ID],
    response: (204, None),
    handler: |call| Box::pin(async move { decide(&call, true).await }),
    ..LIST
};

/// Giving up.
pub const DISCARD: Operation = Operation {
    id: "DiscardParkedJob",
    method: Method::POST,
    path: "/ops/v1/parked-jobs/{job_id}/discard",
    summary: "Gives a parked job up; an order whose card it carried ends at its deadline.",
    parameters: &[JOB_ID],
    response: (204, None),
    handler: |call| Box::pin(async move { decide(&call, false).await }),
    ..LIST
};

/// A page of parked jobs.
#[derive(Debug, Serialize, ToSchema)]
pub struct ParkedJobs {
    jobs: Vec<ParkedJob>,
}

/// A parked job.
#[derive(Debug, Serialize, ToSchema)]
pub struct ParkedJob {
    job_id: i64,
    /// What it does.
    kind: String,
    /// What it is about: the id of a detail, a card, a message.
    payload: String,
    attempts: i64,
    reason: Option<String>,
    create_time: Moment,
}

async fn list(call: &Call) -> Result<Reply, Refusal> {
    let after = call.query.integer(&AFTER)?.unwrap_or(0);
    let limit = call.query.page()?.limit;
    let found = call.app.db.read(move |tx: &mut Tx<'_>| jobs::parked(tx, after, limit)).await?;
    let jobs = found.into_iter().map(|job| ParkedJob {
        job_id: job.job_id,
        kind: job.kind,
        payload: job.payload,
        attempts: job.attempts,
        reason: job.reason,
        create_time: Moment(job.created_ms),
    });
    Ok(Reply::json(&ParkedJobs { jobs: jobs.collect() }))
}

async fn decide(call: &Call, again: bool) -> Result<Reply, Refusal> {
    let job_id = call.path_integer(&JOB_ID)?;
    let now_ms = call.app.clock.now_ms();
    let work = move |tx: &mut Tx<'_>| {
        if again { jobs::resume(tx, job_id, now_ms) } else { jobs::discard(tx, job_id) }
    };
    if !call.app.db.write(work).await? {
        return Err(ErrorCode::JobNotFound.into());
    }
    call.app.engine.queue.wake();
    Ok(Reply::empty(StatusCode::NO_CONTENT))
}
