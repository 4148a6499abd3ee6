//! `ENV`, `ARG` and `LABEL`.

use std::borrow::Cow;

use crate::lint::rules::legacy_key_value_format::LegacyKeyValueFormat;
use crate::lint::rules::secrets_used_in_arg_or_env::{SecretsUsedInArgOrEnv, names_a_secret};
use crate::lower::state::{BuildArg, DispatchState};
use crate::lower::{Lowering, SBOM_SCAN_CONTEXT, SBOM_SCAN_STAGE, Site, split_env};
use crate::plan::{ArgInfo, CompileError, doc};
use crate::source::Span;
use crate::syntax::{
    ArgDefinition, ArgInstruction, Argument, EnvInstruction, KeyValue, LabelInstruction,
};

/// A key and its value, expanded.
type Pair<'i> = (Cow<'i, str>, Cow<'i, str>);

impl Lowering<'_, '_> {
    pub(super) fn env(
        &mut self,
        state: &mut DispatchState,
        site: &Site<'_>,
        instruction: &EnvInstruction,
    ) -> Result<(), CompileError> {
        let pairs = self.expand_pairs(state, site, &instruction.pairs)?;
        let keyword = instruction.meta.keyword.as_str();
        let mut created_by = self.history.text();
        created_by.push_str("ENV");
        for ((key, value), written) in pairs.iter().zip(&instruction.pairs) {
            self.check_legacy(site, keyword, written);
            self.check_secret(site, "ENV", key, &written.key, Some(&written.value));
            let pair = append_pair(&mut created_by, key, value);
            // What the image has is in the environment, too, where looking it up is quick.
            if state.state.env().get(key).is_some() {
                set_image_env(&mut state.config_mut().env, key, pair);
            } else {
                state.config_mut().env.push(pair.to_owned());
            }
            state.state = std::mem::take(&mut state.state).with_env_pair(pair, key.len());
        }
        self.commit_text(state, created_by, false);
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
        let mut created_by = self.history.text();
        created_by.push_str("LABEL");
        let labels = &mut state.config_mut().labels;
        for ((key, value), written) in pairs.into_iter().zip(&instruction.pairs) {
            self.check_legacy(site, keyword, written);
            append_pair(&mut created_by, &key, &value);
            labels.insert(key.into_owned(), value.into_owned());
        }
        self.commit_text(state, created_by, false);
        Ok(())
    }

    fn expand_pairs<'i>(
        &mut self,
        state: &DispatchState,
        site: &Site<'_>,
        pairs: &'i [KeyValue],
    ) -> Result<Vec<Pair<'i>>, CompileError> {
        let mut expanded = Vec::with_capacity(pairs.len());
        for pair in pairs {
            let key = self.expand(state, site, &pair.key)?;
            let value = self.expand(state, site, &pair.value)?;
            expanded.push((key, value));
        }
        Ok(expanded)
    }

    fn check_legacy(&mut self, site: &Site<'_>, keyword: &str, pair: &KeyValue) {
        if pair.no_delim {
            let violation = LegacyKeyValueFormat {
                keyword: keyword.to_owned(),
                pair: Span::new(pair.key.span.start, pair.value.span.end),
            };
            self.report(site, violation);
        }
    }

    fn check_secret(
        &mut self,
        site: &Site<'_>,
        instruction: &'static str,
        key: &str,
        written: &Argument,
        value: Option<&Argument>,
    ) {
        if names_a_secret(key) {
            let violation = SecretsUsedInArgOrEnv {
                instruction,
                key: key.to_owned(),
                written: written.span,
                value: value.map(|value| value.span),
            };
            self.report(site, violation);
        }
    }

    pub(super) fn arg(
        &mut self,
        state: &mut DispatchState,
        site: &Site<'_>,
        instruction: &ArgInstruction,
    ) -> Result<(), CompileError> {
        let mut created_by = self.history.text();
        created_by.push_str("ARG");
        if instruction.args.is_empty() {
            created_by.push(' ');
        }
        for arg in &instruction.args {
            self.define_arg(state, site, arg, &mut created_by)?;
        }
        self.commit_text(state, created_by, false);
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
        self.check_secret(site, "ARG", key, &arg.key, arg.value.as_ref());
        let given = self.plan.build_args.get(key).map(String::as_str);
        let mut inherited = false;
        let plan = self.plan;
        let value: Option<Cow<'_, str>> = match (given, &arg.value) {
            (Some(value), _) => Some(Cow::Borrowed(value)),
            (None, Some(default)) => Some(self.expand(state, site, default)?),
            (None, None) => {
                let global = plan.globals.env.get(key);
                inherited = global.is_some();
                global.map(Cow::Borrowed)
            }
        };
        match &value {
            None => created_by.extend([" ", key]),
            Some(value) => {
                let pair = append_pair(created_by, key, value);
                if key != SBOM_SCAN_CONTEXT && key != SBOM_SCAN_STAGE {
                    state.state = std::mem::take(&mut state.state).with_env_pair(pair, key.len());
                }
            }
        }
        if !inherited {
            let info = ArgInfo {
                value: value.as_deref().unwrap_or_default().to_owned(),
                description: doc(&arg.doc_comment),
                deps: Default::default(),
                location: site.location,
            };
            state.outline.args.insert(key.to_owned(), info);
        }
        state.outline.used.insert(key.to_owned());
        state.build_args.push(BuildArg {
            key: key.into(),
            value: value.as_deref().map(Into::into),
        });
        Ok(())
    }
}

/// Adds ` key=value`; gives it without the blank.
fn append_pair<'t>(text: &'t mut String, key: &str, value: &str) -> &'t str {
    let start = text.len() + 1;
    text.extend([" ", key, "=", value]);
    text.get(start..).unwrap_or_default()
}

/// A variable keeps its place in an image's `Env`.
fn set_image_env(env: &mut Vec<String>, key: &str, pair: &str) {
    match env.iter_mut().find(|entry| split_env(entry).0 == key) {
        Some(known) => pair.clone_into(known),
        None => env.push(pair.to_owned()),
    }
}
