//! The yardstick of the bench: a bare axum handler that answers bytes from memory, on the same stack, with the same
//! worker threads and on the same machine as the product, so that every figure of the bench can be a ratio.
//!
//! `static_handler MANIFEST` reads lines of `PATH<TAB>CONTENT-TYPE<TAB>FILE`, listens on a free port of the loopback
//! and prints its address. `/bare` answers 1 kB without a manifest line.

use std::error::Error;
use std::fs;

use axum::Router;
use axum::body::Bytes;
use axum::http::HeaderValue;
use axum::http::header::CONTENT_TYPE;
use axum::routing::{MethodRouter, get};
use axum::serve::ListenerExt;
use tokio::net::TcpListener;

/// Lines of a manifest that are served; more is a mistake of the caller.
const FIXTURES_MAX: usize = 256;
/// The body of `/bare`.
const BARE_BYTES: usize = 1024;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let manifest = std::env::args().nth(1).ok_or("usage: static_handler MANIFEST")?;
    let app = routes(&fs::read_to_string(&manifest)?)?;
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("http://{}", listener.local_addr()?);
    // As the product does: an answer leaves at once.
    let prompt = listener.tap_io(|stream| {
        let _ = stream.set_nodelay(true);
    });
    axum::serve(prompt, app).await?;
    Ok(())
}

fn routes(manifest: &str) -> Result<Router, Box<dyn Error>> {
    let bare = answer(HeaderValue::from_static("text/plain"), Bytes::from(vec![b'x'; BARE_BYTES]));
    let mut app = Router::new().route("/bare", bare);
    for (index, line) in manifest.lines().enumerate() {
        if index >= FIXTURES_MAX {
            return Err(format!("more than {FIXTURES_MAX} fixtures").into());
        }
        let mut fields = line.split('\t');
        let (Some(path), Some(content_type), Some(file)) = (fields.next(), fields.next(), fields.next())
        else {
            return Err(format!("line {}: PATH, CONTENT-TYPE and FILE are wanted", index + 1).into());
        };
        let body = fs::read(file).map_err(|error| format!("line {}: {file}: {error}", index + 1))?;
        app = app.route(path, answer(HeaderValue::from_str(content_type)?, Bytes::from(body)));
    }
    Ok(app)
}

fn answer(content_type: HeaderValue, body: Bytes) -> MethodRouter {
    get(move || {
        let reply = ([(CONTENT_TYPE, content_type.clone())], body.clone());
        async move { reply }
    })
}
