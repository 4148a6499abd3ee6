//! `ENV`, `ARG` and `LABEL`.

use crate::lint::rules::{legacy_key_value_format, secrets_used_in_arg_or_env};
use crate::lower::state::{BuildArg, DispatchState};
use crate::lower::{Lowering, SBOM_SCAN_CONTEXT, SBOM_SCAN_STAGE, Site, split_env};
use crate::plan::{ArgInfo, CompileError, doc};
use crate::syntax::{ArgDefinition, ArgInstruction, EnvInstruction, KeyValue, LabelInstruction};

impl Lowering<'_, '_> {
    pub(super) fn env(
        &mut self,
        state: &mut DispatchState,
        site: &Site<'_>,
        instruction: &EnvInstruction,
    ) -> Result<(), CompileError> {
        let pairs = self.expand_pairs(state, site, &instruction.pairs)?;
        let keyword = instruction.meta.keyword.as_str();
        let mut created_by = String::from("ENV");
        for ((key, value), written) in pairs.iter().zip(&instruction.pairs) {
            self.check_legacy(site, keyword, written);
            self.check_secret(site, "ENV", key);
            append_pair(&mut created_by, key, value);
            // What the image has is in the environment, too, where looking it up is quick.
            if state.state.env().get(key).is_some() {
                set_image_env(&mut state.image.config.env, key, value);
            } else {
                state.image.config.env.push(format!("{key}={value}"));
            }
            state.state = std::mem::take(&mut state.state).with_env(key, value);
        }
        self.commit(state, created_by, false);
        Ok(())
    }

    pub(super) fn label(
        &mut self,
        state: &mut DispatchState,
        site: &Site<'_>,
        instruction: &LabelInstruction,
    ) -> Result<(), CompileError> {
        let pairs = self.expand_pairs(state, site, &instruction.pairs)?;
        let keyword = instruction.meta.keyword.as_str();
        let mut created_by = String::from("LABEL");
        for ((key, value), written) in pairs.into_iter().zip(&instruction.pairs) {
            self.check_legacy(site, keyword, written);
            append_pair(&mut created_by, &key, &value);
            state.image.config.labels.insert(key, value);
        }
        self.commit(state, created_by, false);
        Ok(())
    }

    fn expand_pairs(
        &mut self,
        state: &DispatchState,
        site: &Site<'_>,
        pairs: &[KeyValue],
    ) -> Result<Vec<(String, String)>, CompileError> {
        pairs
            .iter()
            .map(|pair| {
                let key = self.expand(state, site, pair.key.as_str())?.into_owned();
                let value = self.expand(state, site, pair.value.as_str())?.into_owned();
                Ok((key, value))
            })
            .collect()
    }

    fn check_legacy(&mut self, site: &Site<'_>, keyword: &str, pair: &KeyValue) {
        if pair.no_delim {
            let detail = legacy_key_value_format::detail(keyword);
            self.linter.report(
                &site.scope,
                &legacy_key_value_format::RULE,
                Some(site.location),
                detail,
            );
        }
    }

    fn check_secret(&mut self, site: &Site<'_>, instruction: &str, key: &str) {
        if secrets_used_in_arg_or_env::names_a_secret(key) {
            let detail = secrets_used_in_arg_or_env::detail(instruction, key);
            self.linter.report(
                &site.scope,
                &secrets_used_in_arg_or_env::RULE,
                Some(site.location),
                detail,
            );
        }
    }

    pub(super) fn arg(
        &mut self,
        state: &mut DispatchState,
        site: &Site<'_>,
        instruction: &ArgInstruction,
    ) -> Result<(), CompileError> {
        let mut created_by = String::from("ARG");
        if instruction.args.is_empty() {
            created_by.push(' ');
        }
        for arg in &instruction.args {
            self.define_arg(state, site, arg, &mut created_by)?;
        }
        self.commit(state, created_by, false);
        Ok(())
    }

    fn define_arg(
        &mut self,
        state: &mut DispatchState,
        site: &Site<'_>,
        arg: &ArgDefinition,
        created_by: &mut String,
    ) -> Result<(), CompileError> {
        let key = arg.key.as_str();
        self.check_secret(site, "ARG", key);
        let given = self.plan.build_args.get(key);
        let mut inherited = false;
        let value: Option<String> = match (given, &arg.value) {
            (Some(value), _) => Some(value.clone()),
            (None, Some(default)) => Some(self.expand(state, site, default.as_str())?.into_owned()),
            (None, None) => {
                let global = self.plan.globals.env.get(key);
                inherited = global.is_some();
                global.map(str::to_owned)
            }
        };
        if let Some(value) = &value
            && key != SBOM_SCAN_CONTEXT
            && key != SBOM_SCAN_STAGE
        {
            state.state = std::mem::take(&mut state.state).with_env(key, value);
        }
        if !inherited {
            let info = ArgInfo {
                value: value.clone().unwrap_or_default(),
                description: doc(&arg.doc_comment),
                deps: Default::default(),
                location: site.location,
            };
            state.outline.args.insert(key.to_owned(), info);
        }
        state.outline.used.insert(key.to_owned());
        created_by.push(' ');
        created_by.push_str(key);
        if let Some(value) = &value {
            created_by.push('=');
            created_by.push_str(value);
        }
        state.build_args.push(BuildArg {
            key: key.into(),
            value: value.map(Into::into),
        });
        Ok(())
    }
}

fn append_pair(text: &mut String, key: &str, value: &str) {
    text.push(' ');
    text.push_str(key);
    text.push('=');
    text.push_str(value);
}

/// A variable keeps its place in an image's `Env`.
fn set_image_env(env: &mut Vec<String>, key: &str, value: &str) {
    let entry = format!("{key}={value}");
    match env.iter_mut().find(|entry| split_env(entry).0 == key) {
        Some(known) => *known = entry,
        None => env.push(entry),
    }
}
