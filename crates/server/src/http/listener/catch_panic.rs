//! A panic costs its own request and nothing else.

use std::any::Any;
use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::task::Poll;

/// Runs `future`; if it panics, gives what `on_panic` makes of the panic's message, which is for the log only.
/// The future is not polled again, so nothing sees what the panic left half done except through shared state.
pub async fn catch_panic<T>(future: impl Future<Output = T>, on_panic: impl FnOnce(&str) -> T) -> T {
    let outcome = {
        let mut future = pin!(future);
        poll_fn(|cx| match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(cx))) {
            Ok(poll) => poll.map(Ok),
            Err(panic) => Poll::Ready(Err(panic)),
        })
        .await
    };
    outcome.unwrap_or_else(|panic| on_panic(message(panic.as_ref())))
}

/// The message of a panic, as far as it is text.
fn message(panic: &(dyn Any + Send)) -> &str {
    match (panic.downcast_ref::<&str>(), panic.downcast_ref::<String>()) {
        (Some(text), _) => text,
        (None, Some(text)) => text,
        (None, None) => "a panic without a message",
    }
}

#[cfg(test)]
mod tests {
    use super::catch_panic;

    /// A panic's message is found whether it was formatted or not; what does not panic passes.
    #[tokio::test]
    async fn panics_become_values() {
        let number = 7;
        assert_eq!(catch_panic(async { "fine".to_owned() }, str::to_owned).await, "fine");
        assert_eq!(catch_panic(async { panic!("plain") }, str::to_owned).await, "plain");
        assert_eq!(catch_panic(async { panic!("number {number}") }, str::to_owned).await, "number 7");
        let odd = catch_panic(async { std::panic::panic_any(number) }, str::to_owned).await;
        assert_eq!(odd, "a panic without a message");
    }
}
