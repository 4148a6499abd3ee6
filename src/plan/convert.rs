//! The compiler's values in the terms of LLB.

use crate::expand::Env;
use crate::llb::EnvList;

impl Env for EnvList {
    fn get(&self, name: &str) -> Option<&str> {
        EnvList::get(self, name)
    }

    fn keys(&self) -> Vec<&str> {
        self.iter().map(|(key, _)| key).collect()
    }
}
