//! Uploaded lists of cards: their formats, what is said of bad ones, how long and for whom they are there.

use std::io::{Cursor, Write};

use axum::http::Method;
use serde_json::{Value, json};
use simlink::limits;
use simlink_db::params;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use crate::coverage::entries::{ACME_ICCID, NO_ICCID};
use crate::support::{ACME_ADMIN, Answer, Ask, RIVAL_ADMIN, TestApp};

/// The parts of a spreadsheet around its first sheet.
const PARTS: &[(&str, &str)] = &[
    (
        "[Content_Types].xml",
        r#"<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="xml" ContentType="application/xml"/><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/></Types>"#,
    ),
    (
        "_rels/.rels",
        r#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>"#,
    ),
    (
        "xl/workbook.xml",
        r#"<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="cards" sheetId="1" r:id="r"/></sheets></workbook>"#,
    ),
    (
        "xl/_rels/workbook.xml.rels",
        r#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>"#,
    ),
];

/// A spreadsheet of these parts.
fn archive(parts: &[(&str, &[u8])]) -> Vec<u8> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in parts {
        archive.start_file(*name, SimpleFileOptions::default()).expect("a part");
        archive.write_all(content).expect("memory");
    }
    archive.finish().expect("memory").into_inner()
}

/// Column, type and content of a cell.
type Cell<'a> = (&'a str, &'a str, &'a str);

/// A spreadsheet whose first sheet has these rows.
fn sheet(rows: &[(u32, &[Cell])]) -> Vec<u8> {
    let mut xml =
        r#"<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>"#
            .to_owned();
    for (row, cells) in rows {
        xml += &format!("<row r=\"{row}\">");
        for (place, kind, content) in *cells {
            xml += &match *kind {
                "text" => format!("<c r=\"{place}{row}\" t=\"inlineStr\"><is><t>{content}</t></is></c>"),
                kind => format!("<c r=\"{place}{row}\" t=\"{kind}\"><v>{content}</v></c>"),
            };
        }
        xml += "</row>";
    }
    xml += "</sheetData></worksheet>";
    let mut parts: Vec<(&str, &[u8])> = PARTS.iter().map(|(name, xml)| (*name, xml.as_bytes())).collect();
    parts.push(("xl/worksheets/sheet1.xml", xml.as_bytes()));
    archive(&parts)
}

async fn upload(app: &TestApp, file: &[u8]) -> Answer {
    app.send(Ask::upload(file).token_of(&ACME_ADMIN)).await
}

/// Sets one tag by a list, and answers how many cards carry it then.
async fn tagged_by(app: &TestApp, file: i64, name: &str) -> Value {
    let tag =
        app.post_json(&ACME_ADMIN, "/v1/tags", &json!({"tag_name": name})).await.success()["id"].clone();
    let body = json!({"file_temp_id": file, "tag_ids": [tag]});
    assert_eq!(app.post_json(&ACME_ADMIN, "/v1/sim-tags/batch-set", &body).await.success(), true);
    app.acme(&format!("/v1/sim-cards?tag_id={tag}")).await["count"].clone()
}

#[tokio::test]
async fn every_format_names_the_same_cards() {
    // Shows the answer to an upload, and that CSV, JSON lines and XLSX (texts, a number, gaps, formatted empty cells) are
    // lists that name the same cards.
    let cid = "CANARY-acme-cid-000";
    let csv = format!("\u{feff}cid,iccid\r\n{cid},\r\n,{ACME_ICCID}\r\n");
    let json_lines = format!("{{\"cid\": \"{cid}\"}}\n\n{{\"iccid\": \"{ACME_ICCID}\"}}\n");
    let xlsx = sheet(&[
        (
            1,
            &[
                ("A", "text", "iccid"),
                ("B", "text", "cid"),
                ("C", "text", "customer_attribute1"),
                ("F", "text", ""),
            ],
        ),
        (2, &[("B", "text", cid), ("C", "n", "12")]),
        (5, &[("A", "text", ACME_ICCID), ("C", "b", "1"), ("E", "text", "")]),
    ]);
    for app in TestApp::on_every_engine().await {
        let files = [("csv", csv.as_bytes()), ("json", json_lines.as_bytes()), ("xlsx", &xlsx)];
        for (name, file) in files {
            let answer = upload(&app, file).await.success();
            let id = answer["file_temp_id"].as_i64().expect("an id");
            let expire_time = "2024-01-16T03:36:55.000+00:00";
            assert_eq!(answer, json!({"file_temp_id": id, "row_count": 2, "expire_time": expire_time}));
            assert_eq!(tagged_by(&app, id, name).await, 2, "{name}");
        }
        let id = upload(&app, &xlsx).await.success()["file_temp_id"].clone();
        let body = json!({"file_temp_id": id});
        assert_eq!(
            app.post_json(&ACME_ADMIN, "/v1/sim-cards/attributes/batch-set", &body).await.success(),
            true
        );
        let values = [
            (format!("/v1/sim-cards?main_search_type=1&main_search_key={cid}"), "12"),
            (format!("/v1/sim-cards?main_search_type=1&main_search_key={ACME_ICCID}"), "true"),
        ];
        for (target, value) in values {
            assert_eq!(app.acme(&target).await["sim_cards"][0]["customer_attribute1"], value, "{target}");
        }
    }
}

#[tokio::test]
async fn bad_files_are_told_what_is_wrong() {
    // Shows for each kind of bad upload the message in Chinese or English, and that nothing of it is kept.
    let app = TestApp::embedded().await;
    let rounded = sheet(&[(1, &[("A", "text", "iccid")]), (3, &[("A", "n", "89860012345678901234")])]);
    let broken = [&sheet(&[])[..600], &b"and then something else"[..]].concat();
    let no_sheet = archive(&[("a.txt", b"x")]);
    let wide = sheet(&[(1, &[("BZ", "text", "x")])]);
    let cases: &[(&[u8], &str)] = &[
        (b"", "file:无法读取：the file is empty"),
        (b"cid\n", "file:个数必须在1和10000之间"),
        (b"imsi\n1\n", "file:无法读取：unknown column 'imsi'; known are iccid, cid, customer_attribute1"),
        (
            b"cid\nx\n\nx\n\"\n",
            "file:2行有误：第4行 cid 'x' stands on line 2 already；第5行 has a quoted field that doesn't",
        ),
        (b"{\"cid\": 1}\n{\"id\": 1}\n", "file:1行有误：第2行 has an unknown member 'id'"),
        (b"cid\n\xff\n", "file:1行有误：第2行 is not UTF-8"),
        (
            &rounded,
            "file:1行有误：第3行 iccid '8.98600123456789E+19' is a number that a spreadsheet has rounded",
        ),
        (&broken, "file:无法读取：the spreadsheet is none"),
        (&no_sheet, "file:无法读取：the spreadsheet is damaged"),
        (&wide, "file:无法读取：the spreadsheet has more than 64 columns"),
        (b"PK\x03\x04", "file:无法读取：the spreadsheet is none"),
    ];
    for (file, expected) in cases {
        let answer = upload(&app, file).await;
        assert_eq!(answer.refusal(), (400, "GSL.00010004".to_owned()), "{expected}");
        let message = answer.error_message();
        assert!(message.starts_with(expected), "{message} instead of {expected}");
        assert!(message.chars().count() <= 512, "{message}");
    }
    let english =
        app.send(Ask::upload(b"cid,iccid\n,1\n").token_of(&ACME_ADMIN).with_header("x-language", "en")).await;
    let expected =
        "file: 1 bad lines: line 2 iccid '1' is not an ICCID: 19 or 20 letters and digits beginning with 89";
    assert_eq!(english.error_message(), expected);
    let many = format!("iccid\n{}", "1\n".repeat(9_000));
    let message = upload(&app, many.as_bytes()).await.error_message();
    assert!(message.starts_with("file:9000行有误：第2行") && message.ends_with("；…"), "{message}");
    let large = vec![b'x'; limits::TEMP_FILE_BYTES_MAX + 1];
    let expected = format!("file:不能超过{}字节", limits::TEMP_FILE_BYTES_MAX);
    assert_eq!(upload(&app, &large).await.error_message(), expected);
    assert_eq!(kept(&app).await, 0);
}

#[tokio::test]
async fn forms_need_a_file() {
    // Shows what is said of bodies that are no form, and of forms without the part; further parts do not matter.
    let app = TestApp::embedded().await;
    let post = || Ask::new(Method::POST, "/v1/temp-files").token_of(&ACME_ADMIN);
    let form = "multipart/form-data; boundary=x";
    let part = |name: &str| {
        format!("--x\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\ncid\nCANARY-acme-a\r\n")
    };
    for (content_type, body, expected) in [
        ("text/csv", "cid\na\n".to_owned(), "body:格式错误"),
        ("multipart/form-data", part("file") + "--x--", "body:格式错误"),
        (form, String::new(), "body:格式错误"),
        (form, part("file"), "body:格式错误"),
        (form, part("other") + "--x--", "file:不能为null"),
        (form, part("other") + &part("file") + "--x--", ""),
    ] {
        let answer = app.send(post().with_header("content-type", content_type).with_body(body.clone())).await;
        if expected.is_empty() {
            assert_eq!(answer.success()["row_count"], 1);
        } else {
            assert_eq!(answer.refusal(), (400, "GSL.00010004".to_owned()), "{body}");
            assert_eq!(answer.error_message(), expected, "{body}");
        }
    }
    let answer = app.send(post().with_body(part("file"))).await;
    assert_eq!(answer.error_message(), "body:格式错误");
}

#[tokio::test]
async fn small_archives_that_unpack_to_much_are_refused() {
    // Shows that a part which unpacks beyond the limit is refused for it, however small it comes and whatever it is called;
    // and that the limit is of all parts together.
    let app = TestApp::embedded().await;
    let half = vec![b' '; 9 * 1024 * 1024];
    for parts in [
        vec![("xl/worksheets/sheet1.xml", vec![b' '; 64 * 1024 * 1024])],
        vec![("xl/sharedStrings.xml", half.clone()), ("xl/media/image.png", half.clone())],
    ] {
        let parts: Vec<(&str, &[u8])> =
            parts.iter().map(|(name, content)| (*name, content.as_slice())).collect();
        let bomb = archive(&parts);
        assert!(bomb.len() < 100_000, "{} bytes", bomb.len());
        let expected = "file:无法读取：the spreadsheet unpacks to more than 16777216 bytes";
        assert_eq!(upload(&app, &bomb).await.error_message(), expected);
    }
}

/// Lists that the database keeps.
async fn kept(app: &TestApp) -> i64 {
    let count =
        |tx: &mut simlink_db::Tx<'_>| tx.get("SELECT COUNT(*) FROM temp_file", params![], |row| row.get(0));
    app.app.db.read(count).await.expect("a count")
}

#[tokio::test]
async fn lists_live_for_a_day() {
    // Shows that a list can be named until its hour, not after it and never by another account; that an upload clears
    // expired ones away; and that of one account only so many are kept, the newest.
    for app in TestApp::on_every_engine().await {
        let csv = format!("iccid\n{ACME_ICCID}\n");
        let id = app.upload(&ACME_ADMIN, &csv).await;
        let named = async |id: i64| {
            let ask = Ask::post("/v1/sim-tags/batch-set", &json!({"file_temp_id": id}));
            app.send(ask.signed_by(&ACME_ADMIN, app.app.clock.now_ms())).await.refusal_or_success()
        };
        let by_rival =
            app.post_json(&RIVAL_ADMIN, "/v1/sim-tags/batch-set", &json!({"file_temp_id": id})).await;
        assert_eq!(by_rival.refusal(), (400, "GSL.00012016".to_owned()));
        app.app.clock.advance(limits::TEMP_FILE_LIFE_MS - 1);
        assert_eq!(named(id).await, (200, String::new()));
        app.app.clock.advance(1);
        assert_eq!(named(id).await, (400, "GSL.00012016".to_owned()));
        assert_eq!(kept(&app).await, 1);
        let upload = async || {
            let ask = Ask::upload(csv.as_bytes()).signed_by(&ACME_ADMIN, app.app.clock.now_ms());
            app.send(ask).await.success()["file_temp_id"].as_i64().expect("an id")
        };
        let first = upload().await;
        assert_eq!(kept(&app).await, 1, "the expired one is gone");
        let mut last = first;
        for _ in 1..=limits::TEMP_FILES_PER_ACCOUNT_MAX {
            last = upload().await;
        }
        assert_eq!(kept(&app).await, limits::TEMP_FILES_PER_ACCOUNT_MAX);
        assert_eq!(named(first).await, (400, "GSL.00012016".to_owned()));
        assert_eq!(named(last).await, (200, String::new()));
        let missing = app.app.clock.now_ms();
        let none = Ask::upload(format!("iccid\n{NO_ICCID}\n").as_bytes()).signed_by(&ACME_ADMIN, missing);
        assert_eq!(
            app.send(none).await.status,
            200,
            "whether there are such cards is asked when they are named"
        );
    }
}
