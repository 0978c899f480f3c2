//! The carriers from outside: the simulator knob by knob, and the gateway over real sockets.
#![expect(clippy::unwrap_used, reason = "a test ends where something is not as it should be")]

mod gateway;
mod hostile;
mod shell;
mod simulator;
mod support;
mod tls;
