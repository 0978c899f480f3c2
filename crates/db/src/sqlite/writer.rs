//! Writing on SQLite: one thread runs what is queued, each work in a savepoint, and commits them together.

use std::{
    sync::{
        Arc,
        atomic::Ordering::Relaxed,
        mpsc::{Receiver, SyncSender, TrySendError, sync_channel},
    },
    thread::JoinHandle,
    time::{Duration, Instant},
};

use parking_lot::Mutex;
use tokio::sync::oneshot;

use super::{
    Place,
    connection::{Role, SqliteConnection, SqliteTx},
};
use crate::{Counters, DbError, Options, Tx, guarded};

/// Works that share one commit.
const GROUP_MAX: usize = 256;
/// A group takes nothing more in after this, so that the first in it does not wait for long.
const GROUP_TIME_MAX: Duration = Duration::from_millis(20);

/// The door to the writer thread.
pub(super) struct Writer {
    /// `None` once closed.
    queue: Mutex<Option<SyncSender<Box<dyn Job>>>>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Writer {
    pub(super) fn open(place: Place, options: &Options, counters: Arc<Counters>) -> Result<Writer, DbError> {
        let connection = SqliteConnection::open(&place.path, Role::Writer, options)?;
        let (queue, jobs) = sync_channel(options.writer_queue_max.max(1));
        let thread = std::thread::Builder::new()
            .name("sqlite-writer".into())
            .spawn(move || {
                // Keeps a scratch directory until the last work is done.
                let _place = place;
                serve(connection, &jobs, &counters);
            })
            .map_err(|error| DbError::Unavailable(error.to_string()))?;
        Ok(Writer { queue: Mutex::new(Some(queue)), thread: Mutex::new(Some(thread)) })
    }

    pub(super) async fn write<T, E, F>(&self, alone: bool, work: F) -> Result<T, E>
    where
        F: FnOnce(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<DbError> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let job = Box::new(Work { work: Some(work), result: None, reply, alone });
        let sent = self.queue.lock().as_ref().map(|queue| queue.try_send(job as Box<dyn Job>));
        match sent {
            Some(Ok(())) => {}
            Some(Err(TrySendError::Full(_))) => {
                return Err(DbError::Busy("the queue of writes is full").into());
            }
            Some(Err(TrySendError::Disconnected(_))) | None => return Err(closed().into()),
        }
        answer.await.unwrap_or_else(|_| Err(closed().into()))
    }

    pub(super) fn alive(&self) -> Result<(), DbError> {
        match &*self.thread.lock() {
            Some(thread) if !thread.is_finished() => Ok(()),
            _ => Err(closed()),
        }
    }

    /// Lets the thread finish what is queued and waits for it.
    pub(super) async fn close(&self) {
        drop(self.queue.lock().take());
        let thread = self.thread.lock().take();
        if let Some(thread) = thread {
            let joined = tokio::task::spawn_blocking(move || thread.join()).await;
            if !matches!(joined, Ok(Ok(()))) {
                tracing::error!("the SQLite writer did not end as it should");
            }
        }
    }
}

fn closed() -> DbError {
    DbError::Unavailable("it was closed".into())
}

/// A work in the queue, whatever it answers.
trait Job: Send {
    fn alone(&self) -> bool;
    /// Runs the work; false when nothing of it is to be kept.
    fn run(&mut self, tx: &mut Tx<'_>) -> bool;
    /// Tells the caller, once the fate of the commit is known.
    fn answer(self: Box<Self>, committed: &Result<(), DbError>);
}

struct Work<T, E, F> {
    work: Option<F>,
    result: Option<Result<T, E>>,
    reply: oneshot::Sender<Result<T, E>>,
    alone: bool,
}

impl<T, E, F> Job for Work<T, E, F>
where
    F: FnOnce(&mut Tx<'_>) -> Result<T, E> + Send,
    T: Send,
    E: From<DbError> + Send,
{
    fn alone(&self) -> bool {
        self.alone
    }

    fn run(&mut self, tx: &mut Tx<'_>) -> bool {
        self.result = self.work.take().map(|work| guarded(tx, work));
        matches!(self.result, Some(Ok(_)))
    }

    fn answer(self: Box<Self>, committed: &Result<(), DbError>) {
        // An error of its own may rest on what a neighbour wrote, so it too counts only once that is committed.
        let result = match (committed, self.result) {
            (Ok(()), Some(result)) => result,
            (Ok(()), None) => Err(closed().into()),
            (Err(error), _) => Err(error.clone().into()),
        };
        // The caller may have gone away; what was committed stays committed.
        drop(self.reply.send(result));
    }
}

fn serve(mut connection: SqliteConnection, jobs: &Receiver<Box<dyn Job>>, counters: &Counters) {
    let mut next = jobs.recv().ok();
    while let Some(first) = next {
        next = run_group(&mut connection, first, jobs, counters).or_else(|| jobs.recv().ok());
    }
    if let Err(error) = connection.connection.execute_batch("PRAGMA optimize") {
        tracing::warn!(%error, "PRAGMA optimize failed on closing");
    }
}

/// Runs one group and answers it; gives back a work that was taken from the queue but wants a commit of its own.
fn run_group(
    connection: &mut SqliteConnection,
    first: Box<dyn Job>,
    jobs: &Receiver<Box<dyn Job>>,
    counters: &Counters,
) -> Option<Box<dyn Job>> {
    let begun = connection.control("BEGIN IMMEDIATE");
    if begun.is_err() {
        // Those behind have waited as long: they get the same answer now instead of waiting one after the other.
        for job in std::iter::once(first).chain(jobs.try_iter().take(GROUP_MAX)) {
            job.answer(&begun);
        }
        return None;
    }
    let started = Instant::now();
    let mut group = Vec::new();
    let mut kept = 0;
    let mut set_aside = None;
    let mut fate = Ok(());
    let mut next = Some(first);
    while let Some(mut job) = next.take() {
        let alone = job.alone();
        let outcome = in_savepoint(connection, job.as_mut());
        group.push(job);
        match outcome {
            Ok(keep) => kept += u64::from(keep),
            Err(error) => {
                fate = Err(error);
                break;
            }
        }
        if alone || group.len() >= GROUP_MAX || started.elapsed() >= GROUP_TIME_MAX {
            break;
        }
        match jobs.try_recv() {
            Ok(job) if job.alone() => set_aside = Some(job),
            Ok(job) => next = Some(job),
            Err(_) => {}
        }
    }
    let fate = fate.and_then(|()| connection.control("COMMIT"));
    if fate.is_ok() {
        counters.commits.fetch_add(u64::from(kept > 0), Relaxed);
        counters.writes.fetch_add(kept, Relaxed);
    } else if !connection.connection.is_autocommit() {
        // If this fails too, the next BEGIN says so.
        drop(connection.control("ROLLBACK"));
    }
    for job in group {
        job.answer(&fate);
    }
    set_aside
}

/// Runs one work so that it alone can be undone. An error here means that the whole group is lost.
fn in_savepoint(connection: &mut SqliteConnection, job: &mut dyn Job) -> Result<bool, DbError> {
    connection.control("SAVEPOINT work")?;
    let keep = job.run(&mut Tx::sqlite(SqliteTx(connection)));
    if connection.connection.is_autocommit() {
        // A full disk, for one, makes SQLite roll back everything on its own.
        return Err(DbError::Unavailable("SQLite rolled the transaction back".into()));
    }
    if !keep {
        connection.control("ROLLBACK TO work")?;
    }
    connection.control("RELEASE work")?;
    Ok(keep)
}
