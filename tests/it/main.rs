//! Tests of everything that is visible from outside, in one binary.

mod expand;
#[cfg(feature = "testing")]
mod gateway;
#[cfg(feature = "testing")]
mod gateway_faults;
#[cfg(feature = "testing")]
mod gateway_hostile;
#[cfg(all(feature = "testing", feature = "frontend"))]
mod gateway_process;
mod go;
#[cfg(feature = "llb")]
mod llb;
#[cfg(feature = "llb")]
mod llb_rebuild;
