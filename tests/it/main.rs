//! Tests of everything that is visible from outside, in one binary.

#[cfg(all(feature = "testing", feature = "frontend"))]
mod conformance;
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
#[cfg(feature = "compile")]
mod lint;
#[cfg(feature = "llb")]
mod llb;
#[cfg(feature = "llb")]
mod llb_graph;
#[cfg(feature = "llb")]
mod llb_rebuild;
mod parse;
mod parse_dump;
#[cfg(feature = "lock")]
mod robust;
