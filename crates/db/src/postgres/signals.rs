//! A connection of its own on which processes tell each other that there is something to look at.

use std::{future::poll_fn, sync::Arc, time::Duration};

use tokio::sync::{Notify, watch};
use tokio_postgres::{AsyncMessage, Client, Config, NoTls};

use super::value;
use crate::DbError;

/// How long signals of this process are gathered after one was sent.
const GATHER: Duration = Duration::from_millis(20);
/// How long to wait before connecting anew.
const RECONNECT: Duration = Duration::from_secs(1);

/// Sends a signal whenever `rung` says so and calls `heard` for those of others, for as long as it is polled. A signal may
/// be lost with the connection, so `heard` is called whenever that was made anew.
pub(super) async fn exchange(
    config: &Config,
    channel: &str,
    mut rung: watch::Receiver<()>,
    heard: impl Fn() + Send + Sync,
) {
    let mut failing = false;
    loop {
        let ended = match connect(config, channel).await {
            Ok(connected) => {
                failing = false;
                heard();
                connected.exchange(channel, &mut rung, &heard).await
            }
            Err(error) => error,
        };
        if !failing {
            tracing::warn!(cause = %ended, "signals of other processes are not heard for now");
        }
        failing = true;
        tokio::time::sleep(RECONNECT).await;
    }
}

struct Connected {
    client: Client,
    /// Another process has sent one.
    signalled: Arc<Notify>,
    /// Ends with the connection.
    driver: tokio::task::JoinHandle<DbError>,
}

async fn connect(config: &Config, channel: &str) -> Result<Connected, DbError> {
    let (client, mut connection) = config.connect(NoTls).await.map_err(value::from_postgres)?;
    let signalled = Arc::new(Notify::new());
    let (ring, own) = (Arc::clone(&signalled), Arc::new(std::sync::OnceLock::new()));
    let own_of_driver = Arc::clone(&own);
    let driver = tokio::spawn(async move {
        loop {
            match poll_fn(|context| connection.poll_message(context)).await {
                Some(Ok(AsyncMessage::Notification(signal))) => {
                    if own_of_driver.get() != Some(&signal.process_id()) {
                        ring.notify_one();
                    }
                }
                Some(Ok(_)) => {}
                Some(Err(error)) => return value::from_postgres(error),
                None => return DbError::Unavailable("the connection has ended".into()),
            }
        }
    });
    let connected = Connected { client, signalled, driver };
    let row = connected.client.query_one("SELECT pg_backend_pid()", &[]).await;
    let _ = own.set(row.map_err(value::from_postgres)?.get::<_, i32>(0));
    connected.client.batch_execute(&format!("LISTEN {channel}")).await.map_err(value::from_postgres)?;
    Ok(connected)
}

impl Connected {
    /// Returns why it ended.
    async fn exchange(
        mut self,
        channel: &str,
        rung: &mut watch::Receiver<()>,
        heard: &(impl Fn() + Sync),
    ) -> DbError {
        let notify = format!("NOTIFY {channel}");
        let gathered = tokio::time::sleep(Duration::ZERO);
        tokio::pin!(gathered);
        loop {
            tokio::select! {
                ended = &mut self.driver => {
                    return ended.unwrap_or_else(|_| DbError::Unavailable("the program is stopping".into()));
                }
                () = self.signalled.notified() => heard(),
                // Gathered by waiting before, not after: the first of many goes at once.
                Ok(()) = async { gathered.as_mut().await; rung.changed().await } => {
                    if let Err(error) = self.client.batch_execute(&notify).await {
                        return value::from_postgres(error);
                    }
                    gathered.as_mut().reset(tokio::time::Instant::now() + GATHER);
                }
            }
        }
    }
}

impl Drop for Connected {
    fn drop(&mut self) {
        self.driver.abort();
    }
}
