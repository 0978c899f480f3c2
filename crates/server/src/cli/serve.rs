//! `simlink serve`: the server in production; the demo runs through the same door.

use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context, Result};
use tokio::signal::unix::{SignalKind, signal};

use super::progress;
use crate::app::App;
use crate::clock::Clock;
use crate::config::Config;
use crate::http::listener::{self, Listener, Server};
use crate::http::router::router;
use crate::randomness::Randomness;

/// Runs the server until it is told to stop.
pub(super) async fn run(config: Config) -> Result<ExitCode> {
    let loading = progress::count("loading");
    let bar = loading.clone();
    let app = App::start(config, Clock::system(), Randomness::system(), move |count| bar.set_position(count))
        .await?;
    loading.finish_and_clear();
    listen(app, |address| tracing::info!(%address, "listening")).await
}

/// Listens, calls `ready` with the address, and serves until SIGTERM or SIGINT; a second signal ends it at once.
pub(super) async fn listen(app: Arc<App>, ready: impl FnOnce(std::net::SocketAddr)) -> Result<ExitCode> {
    let address = app.config.listen;
    let tls = match &app.config.tls {
        Some(tls) => Some(listener::tls::load(&tls.certificate, &tls.private_key)?),
        None => None,
    };
    let socket = listener::bind(address).with_context(|| format!("cannot listen on {address}"))?;
    app.work();
    ready(socket.local_addr()?);
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let ids = app.clone();
    let server = Server {
        service: router(&app),
        limits: app.config.connections,
        stats: app.listener_stats.clone(),
        refuse: Box::new(move |refusal| listener::render(refusal, &ids.request_ids.next())),
    };
    let mut working = std::pin::pin!(async {
        let ended = listener::serve(vec![Listener { socket, tls }], server, async {
            // An ended channel means the same as a signal: stop.
            let _ = stopped.await;
            // Jobs end beside the requests, not after them: both have the same ten seconds.
            app.stop_jobs();
        })
        .await;
        tracing::info!(open = ended.open, dropped = ended.dropped, "stopped");
        app.stop().await;
    });
    let mut stop = Some(stop);
    loop {
        tokio::select! {
            () = &mut working => return Ok(ExitCode::SUCCESS),
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        // The first signal lets running requests and jobs finish; the second does not wait for them.
        let Some(stop) = stop.take() else { return Ok(ExitCode::FAILURE) };
        tracing::info!("stopping: waiting for running requests and jobs");
        let _ = stop.send(());
    }
}
