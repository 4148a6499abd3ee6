//! Integration tests: one binary, a module per layer.

#[cfg(feature = "testing")]
mod gateway;
#[cfg(feature = "testing")]
mod gateway_faults;
