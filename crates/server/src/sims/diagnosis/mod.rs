//! `GET /v1/sim-cards/{sim_card_id}/diagnosis`: why a card is down, or that it is fine, with the figures that show it
//! and what can be done about it now. An extension.

mod findings;
mod rules;

use axum::http::Method;
use serde::Serialize;
use serde_json::{Map, Value, json};
use simlink_carriers::Operation as CarrierOperation;
use simlink_db::Tx;
use simlink_fleet::CardRef;
use utoipa::ToSchema;

use self::findings::Severity;
use self::rules::{Finding, Symptoms, diagnose};
use super::lifecycle::CardFacts;
use super::{ICCID, SIM_CARD_ID};
use crate::http::call::Call;
use crate::http::error::{ErrorStyle, Refusal};
use crate::http::language::Language;
use crate::http::operation::{Access, Operation, shape};
use crate::http::reply::Reply;
use crate::{limits, pools, sims, work_orders};

/// The operation.
pub const OPERATION: Operation = Operation {
    id: "DiagnoseSimCard",
    method: Method::GET,
    path: "/v1/sim-cards/{sim_card_id}/diagnosis",
    summary: "Explains why a SIM card is down, or that it is fine, and what can be done about it.",
    group: "SIM cards",
    errors: ErrorStyle::Business,
    access: Access::Read,
    allowance: None,
    parameters: &[SIM_CARD_ID, ICCID],
    request: None,
    response: (200, Some(shape::<Diagnosis>)),
    handler: |call| Box::pin(async move { show(&call).await }),
};

/// What is the matter with a card.
#[derive(Debug, Serialize, ToSchema)]
pub struct Diagnosis {
    sim_card_id: i64,
    cid: String,
    /// `up`, `impaired` (something is wrong, the card works) or `down`.
    service: &'static str,
    sim_status: u8,
    operator_status: i8,
    /// The gravest first.
    findings: Vec<FindingView>,
}

/// One finding.
#[derive(Debug, Serialize, ToSchema)]
pub struct FindingView {
    /// A word that programs can rely on.
    code: &'static str,
    /// `blocking`, `warning` or `info`.
    severity: &'static str,
    message: &'static str,
    /// The figures that show it.
    #[schema(value_type = Object)]
    evidence: Map<String, Value>,
    /// What the card permits now that helps.
    fixes: Vec<Fix>,
}

/// An operation that would be accepted now, as a request.
#[derive(Debug, Serialize, ToSchema)]
pub struct Fix {
    operation: &'static str,
    method: &'static str,
    path: String,
    #[schema(value_type = Object)]
    body: Value,
}

async fn show(call: &Call) -> Result<Reply, Refusal> {
    let sim_card_id = call.path_integer(&SIM_CARD_ID)?;
    let iccid = call.query_or_body_text(&ICCID)?;
    let account = call.caller().account;
    let (id, cid, pool_id, mut symptoms) = {
        let reader = call.app.fleet.read(account);
        let card = sims::find(&reader, sim_card_id, iccid.as_deref())?;
        (card.id(), card.cid().to_owned(), card.pool_id(), of_fleet(card))
    };
    let link = call.app.engine.links.of_carrier(symptoms.card.carrier);
    symptoms.breaker = link.map(|link| link.link.health().breaker);
    let now_ms = call.app.clock.now_ms();
    let work = move |tx: &mut Tx<'_>| {
        let orders = work_orders::of_card(tx, account, id, limits::DIAGNOSED_ORDERS)?;
        let pool =
            pool_id.map(|pool_id| pools::standing::find(tx, account, pool_id, now_ms)).transpose()?.flatten();
        Ok::<_, simlink_db::DbError>((orders, pool))
    };
    (symptoms.orders, symptoms.pool) = call.app.db.read(work).await?;
    let findings = diagnose(&symptoms, now_ms);
    let service = match findings.first().map(|finding| finding.cause.severity()) {
        Some(Severity::Blocking) => "down",
        Some(Severity::Warning) => "impaired",
        _ => "up",
    };
    let diagnosis = Diagnosis {
        sim_card_id: id,
        cid,
        service,
        sim_status: symptoms.card.sim_status,
        operator_status: symptoms.card.operator_status,
        findings: findings.into_iter().map(|finding| view(finding, id, call.language)).collect(),
    };
    Ok(Reply::json(&diagnosis))
}

/// What the fleet knows of the card.
fn of_fleet(card: CardRef<'_>) -> Symptoms {
    Symptoms {
        card: CardFacts::of(card, 0),
        cut_net: card.cut_net(),
        speed_kbps: card.speed_value(),
        imei: card.imei().map(str::to_owned),
        device_status: card.device_status(),
        plan: card.price_plan_id().map(str::to_owned),
        expire_ms: card.expire_ms(),
        pool: None,
        orders: Vec::new(),
        breaker: None,
    }
}

fn view(finding: Finding, sim_card_id: i64, language: Language) -> FindingView {
    FindingView {
        code: finding.cause.code(),
        severity: finding.cause.severity().name(),
        message: finding.cause.wording().text(language),
        evidence: finding.evidence,
        fixes: finding.fixes.iter().filter_map(|operation| fix(operation, sim_card_id)).collect(),
    }
}

/// The request that asks for an operation.
fn fix(operation: &CarrierOperation, sim_card_id: i64) -> Option<Fix> {
    let (name, body) = match operation {
        CarrierOperation::Stop => ("stop", json!({})),
        CarrierOperation::Resume => ("reset", json!({})),
        CarrierOperation::Activate => ("enable", json!({})),
        CarrierOperation::CutNet => ("cut-net", json!({"action": "ADD"})),
        CarrierOperation::RestoreNet => ("cut-net", json!({"action": "DEL"})),
        CarrierOperation::SetThreshold { quota_mb } => {
            let quota = quota_mb.map_or_else(|| "-1".to_owned(), |quota_mb| quota_mb.to_string());
            ("exceed-cut-net", json!({"action": 1, "quota": quota}))
        }
        CarrierOperation::CancelThreshold => ("exceed-cut-net", json!({"action": 2})),
        CarrierOperation::BindDevice { imei: None } => ("bind-device", json!({"bind_type": 1})),
        CarrierOperation::LimitSpeed { kbps } => {
            ("speed-limit", json!({"speed_value": kbps.map_or(-1, i64::from)}))
        }
        _ => return None,
    };
    Some(Fix { operation: name, method: "POST", path: format!("/v1/sim-cards/{sim_card_id}/{name}"), body })
}
