//! The OpenAPI document, made from the operations themselves.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::error::ErrorStyle;
use super::operation::{Access, Operation, Shape};
use super::parameter::{Kind, Parameter, Place};
use super::router::OPERATIONS;
use crate::{idempotency, work_orders};

/// The document of the running version.
pub fn document() -> Value {
    let mut schemas = BTreeMap::new();
    schemas.insert("Error".to_owned(), error_schema());
    schemas.insert("IamError".to_owned(), iam_error_schema());
    let mut paths: BTreeMap<&str, serde_json::Map<String, Value>> = BTreeMap::new();
    for operation in OPERATIONS {
        let entry = paths.entry(operation.path).or_default();
        entry.insert(operation.method.as_str().to_lowercase(), describe(operation, &mut schemas));
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "simlink",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "SIM connectivity: the GSL v1 API and the IAM paths that its clients need.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                "token": {"type": "apiKey", "in": "header", "name": "X-Auth-Token"},
                "signature": {
                    "type": "apiKey", "in": "header", "name": "Authorization",
                    "description": "SDK-HMAC-SHA256 or SDK-HMAC-SM3 over the raw request, with X-Sdk-Date.",
                },
            },
        },
    })
}

fn describe(operation: &Operation, schemas: &mut BTreeMap<String, Value>) -> Value {
    let (status, shape) = operation.response;
    let mut success = json!({"description": "Success"});
    if let Some(shape) = shape {
        let mut schema = collect(shape(), schemas);
        // A dry run is answered in place of what the contract knows.
        if operation.parameters.contains(&work_orders::DRY_RUN) {
            let placed = collect(super::operation::shape::<work_orders::create::Placed>(), schemas);
            schema = json!({"anyOf": [schema, placed]});
        }
        success["content"] = json!({"application/json": {"schema": schema}});
    }
    let error = if operation.errors == ErrorStyle::Iam { "IamError" } else { "Error" };
    let error = json!({
        "description": "Refused: the error code says why and what to do",
        "content": {"application/json": {"schema": {"$ref": format!("#/components/schemas/{error}")}}},
    });
    let outside_body = operation.parameters.iter().filter(|parameter| parameter.place != Place::Body);
    let of_writes = operation.writes().then_some(&idempotency::KEY);
    let mut described = json!({
        "operationId": operation.id,
        "summary": operation.summary,
        "tags": [operation.group],
        "parameters": outside_body.chain(of_writes).map(parameter).collect::<Vec<_>>(),
        "responses": {status.to_string(): success, "4XX": error.clone(), "500": error},
    });
    if let Some(shape) = operation.request {
        let shape = shape();
        let media_type = shape.media_type;
        let schema = collect(shape, schemas);
        described["requestBody"] = json!({"required": true, "content": {media_type: {"schema": schema}}});
    } else if let Some((schema, required)) = members(operation) {
        described["requestBody"] =
            json!({"required": required, "content": {"application/json": {"schema": schema}}});
    }
    described["security"] = match operation.access {
        Access::Public => json!([]),
        Access::Read | Access::Write | Access::Operate => json!([{"token": []}, {"signature": []}]),
    };
    described
}

/// The schema of a body; the named ones it refers to go into the components.
fn collect(shape: Shape, schemas: &mut BTreeMap<String, Value>) -> Value {
    for (name, schema) in shape.named {
        schemas.insert(name, serde_json::to_value(schema).unwrap_or_default());
    }
    serde_json::to_value(shape.schema).unwrap_or_default()
}

/// The schema of a body made of declared members, and whether there must be one.
fn members(operation: &Operation) -> Option<(Value, bool)> {
    let members = operation.parameters.iter().filter(|parameter| parameter.place == Place::Body);
    let schema = object(members);
    let properties = schema["properties"].as_object()?;
    if properties.is_empty() {
        return None;
    }
    let must_be_there = schema["required"].as_array().is_some_and(|names| !names.is_empty());
    Some((schema, must_be_there))
}

/// The schema of a JSON object with these members.
fn object<'a>(members: impl Iterator<Item = &'a Parameter>) -> Value {
    let mut properties = serde_json::Map::new();
    let mut required = Vec::new();
    for member in members {
        let mut schema = schema(member);
        schema["description"] = json!(member.about);
        properties.insert(member.name.to_owned(), schema);
        if member.required {
            required.push(member.name);
        }
    }
    json!({"type": "object", "properties": properties, "required": required})
}

fn parameter(parameter: &Parameter) -> Value {
    json!({
        "name": parameter.name,
        "in": match parameter.place {
            Place::Path => "path",
            Place::Header => "header",
            Place::Query | Place::Body => "query",
        },
        "required": parameter.required,
        "description": parameter.about,
        "schema": schema(parameter),
    })
}

fn schema(parameter: &Parameter) -> Value {
    let mut schema = match parameter.kind {
        Kind::Integer(min, i64::MAX) => json!({"type": "integer", "format": "int64", "minimum": min}),
        Kind::Integer(min, max) => {
            json!({"type": "integer", "format": "int64", "minimum": min, "maximum": max})
        }
        Kind::Text(min, max) => json!({"type": "string", "minLength": min, "maxLength": max}),
        Kind::Choice(words) => json!({"type": "string", "enum": words}),
        Kind::Boolean => json!({"type": "boolean"}),
        Kind::Integers(max) => {
            json!({"type": "array", "items": {"type": "integer", "format": "int64"}, "maxItems": max})
        }
        Kind::Texts(max) => json!({"type": "array", "items": {"type": "string"}, "maxItems": max}),
        Kind::Objects(min, max, members) => {
            json!({"type": "array", "items": object(members.iter()), "minItems": min, "maxItems": max})
        }
    };
    if let Some(default) = parameter.default {
        schema["default"] = serde_json::from_str(default).unwrap_or_else(|_| json!(default));
    }
    schema
}

fn error_schema() -> Value {
    json!({
        "type": "object",
        "properties": {
            "error_code": {"type": "string", "description": "One of the documented codes, or APIGW.* of the gateway."},
            "error_msg": {"type": "string", "description": "Chinese, or English when the client prefers it."},
            "request_id": {"type": "string", "description": "Present in the gateway's errors."},
        },
        "required": ["error_code", "error_msg"],
    })
}

/// The form of Keystone's errors.
fn iam_error_schema() -> Value {
    json!({
        "type": "object",
        "properties": {
            "error": {
                "type": "object",
                "properties": {
                    "code": {"type": "integer", "description": "The status."},
                    "message": {"type": "string"},
                    "title": {"type": "string", "description": "The status in words."},
                },
                "required": ["code", "message", "title"],
            },
        },
        "required": ["error"],
    })
}
