//! Answers to the compiler's questions, asked of the daemon.
//!
//! A question is asked once per build, whatever number of platforms ask it, and all questions of a round
//! are asked at once.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::sync::Arc;

use futures_util::future::join_all;

use super::lock::InForce;
use super::{archive, commit};
use crate::collect::Inserted as _;
use crate::compile::{Answer, AnswerError, Answers, ImageAnswer, ImageMeta, ImageNeed, Need};
use crate::gateway::{
    Bridge, Error, Ref, ResolveImageConfigRequest, ResolveSourceMetaRequest, Result, SolveRequest,
};
use crate::image::Platform;
use crate::image::Timestamp;
use crate::llb::{self, Constraints, DiffType, Differ, LocalOptions, MarshalOptions};
use crate::pb::gateway::ResolveSourceGitRequest;
use crate::pb::map::entries;
use crate::pb::ops::{Definition, SourceOp};

/// Name of the ignore file at the root of a context.
const IGNORE_FILE: &str = ".dockerignore";

/// Values of `resolver_type`.
const REGISTRY: i32 = 0;
const OCI_LAYOUT: i32 = 1;

/// Finds answers and remembers them.
pub(super) struct Resolver<'b> {
    bridge: &'b dyn Bridge,
    answers: Answers,
    /// The lock, and whether what it lacks is an error.
    lock: Option<(&'b InForce, bool)>,
    builder: Option<Platform>,
    inputs: tokio::sync::OnceCell<Result<Rc<BTreeMap<String, Definition>>>>,
}

impl<'b> Resolver<'b> {
    pub(super) fn new(
        bridge: &'b dyn Bridge,
        lock: Option<(&'b InForce, bool)>,
        builder: Option<Platform>,
    ) -> Self {
        Resolver {
            bridge,
            answers: Answers::new(),
            lock,
            builder,
            inputs: tokio::sync::OnceCell::new(),
        }
    }

    /// What is known so far.
    pub(super) fn answers(&self) -> &Answers {
        &self.answers
    }

    /// Answers all of `needs` that are still open.
    pub(super) async fn answer(&mut self, needs: BTreeSet<Need>) {
        let open: Vec<Need> = needs
            .into_iter()
            .filter(|need| self.answers.get(need).is_none())
            .collect();
        let answers = join_all(open.iter().map(|need| self.find(need))).await;
        for (need, answer) in open.into_iter().zip(answers) {
            self.answers.insert(need, answer);
        }
    }

    async fn find(&self, need: &Need) -> Answer {
        match need {
            Need::Image(need) => Answer::Image(self.pinned_image(need).await),

            Need::ContextIgnoreFile { local, session_id } => {
                let options = ignore_file_options(
                    session_id.as_deref(),
                    format!("{local}-{IGNORE_FILE}"),
                    format!("[internal] load {IGNORE_FILE}"),
                );
                Answer::File(
                    self.ignore_file(local, options, false)
                        .await
                        .map_err(answer_error),
                )
            }
            Need::NamedContextIgnoreFile {
                local,
                context,
                session_id,
            } => {
                let options = ignore_file_options(
                    session_id.as_deref(),
                    format!("context:{context}-{IGNORE_FILE}"),
                    format!("[context {context}] load {IGNORE_FILE}"),
                );
                Answer::File(
                    self.ignore_file(local, options, true)
                        .await
                        .map_err(answer_error),
                )
            }
            Need::Input { name } => Answer::Input(self.input(name).await.map_err(answer_error)),
            Need::SourceTime {
                identifier,
                attrs,
                log_name,
            } => Answer::Time(
                self.source_time(identifier, attrs, log_name)
                    .await
                    .map_err(answer_error),
            ),
        }
    }

    /// The image, by the digest that the lock holds it to.
    async fn pinned_image(&self, need: &ImageNeed) -> Result<ImageAnswer, AnswerError> {
        let Some((lock, strict)) = self.lock else {
            return self.image(need).await.map_err(answer_error);
        };
        let reference = lock.image(need, strict, self.builder.as_ref())?;
        let need = ImageNeed {
            reference,
            ..need.clone()
        };
        self.image(&need).await.map_err(answer_error)
    }

    async fn image(&self, need: &ImageNeed) -> Result<ImageAnswer> {
        let store = need.oci_store.as_ref();
        let answer = self
            .bridge
            .resolve_image_config(ResolveImageConfigRequest {
                r#ref: need.reference.clone(),
                platform: need.platform.as_ref().map(Into::into),
                resolve_mode: need.resolve_mode.as_str().to_owned(),
                log_name: need.log_name.clone(),
                resolver_type: if store.is_some() {
                    OCI_LAYOUT
                } else {
                    REGISTRY
                },
                session_id: store
                    .map(|store| store.session_id.clone())
                    .unwrap_or_default(),
                store_id: store
                    .map(|store| store.store_id.clone())
                    .unwrap_or_default(),
                source_policies: Vec::new(),
            })
            .await;
        match answer {
            Ok(answer) => Ok(ImageAnswer::Found(ImageMeta {
                reference: answer.r#ref,
                digest: Some(answer.digest).filter(|digest| !digest.is_empty()),
                config: answer.config.into(),
            })),
            Err(error) => match other_source(&error) {
                Some(updated) => Ok(ImageAnswer::NotAnImage {
                    updated: updated.to_owned(),
                }),
                None => Err(error),
            },
        }
    }

    async fn ignore_file(
        &self,
        local: &str,
        options: LocalOptions,
        evaluate: bool,
    ) -> Result<Option<Arc<[u8]>>> {
        let definition = llb::State::local(local, options)
            .marshal(&MarshalOptions::default())
            .map_err(marshal_error)?;
        let request = SolveRequest {
            evaluate,
            ..SolveRequest::definition(definition.into_pb())
        };
        let result = self.bridge.solve(request).await?;
        // Parity: whatever prevents reading it, the file counts as missing.
        let data = match result.single()? {
            Some(reference) => self
                .bridge
                .read_file(reference, IGNORE_FILE, None)
                .await
                .ok(),
            None => None,
        };
        Ok(data.map(|data| Arc::from(data.as_ref())))
    }

    async fn input(&self, name: &str) -> Result<Option<llb::State>> {
        let inputs = self
            .inputs
            .get_or_init(|| async { self.bridge.inputs().await.map(Rc::new) })
            .await
            .clone()?;
        inputs.get(name).map(input_state).transpose()
    }

    async fn source_time(
        &self,
        identifier: &str,
        attrs: &BTreeMap<String, String>,
        log_name: &str,
    ) -> Result<Option<Timestamp>> {
        let pinned = self.lock.and_then(|(lock, _)| {
            lock.lock
                .pin_source(&(identifier.to_owned(), attrs.clone()))
        });
        let (identifier, attrs) = pinned
            .as_ref()
            .map_or((identifier, attrs), |(identifier, attrs)| {
                (identifier.as_str(), attrs)
            });
        let is_git = identifier.starts_with("git://");
        let source = SourceOp {
            identifier: identifier.to_owned(),
            attrs: entries(attrs.clone()),
        };
        let request = ResolveSourceMetaRequest {
            source: Some(source),
            log_name: log_name.to_owned(),
            git: is_git.then_some(ResolveSourceGitRequest {
                return_object: true,
            }),
            ..Default::default()
        };
        let metadata = self.bridge.resolve_source_meta(request).await?;
        if let Some(git) = metadata.git.filter(|git| !git.commit_object.is_empty()) {
            return commit::commit_time(&git.commit_object).map_err(Error::new);
        }
        if let Some(time) = metadata.http.and_then(|http| http.last_modified) {
            let nanos = u32::try_from(time.nanos).unwrap_or(0);
            return Ok(Some(Timestamp {
                seconds: time.seconds,
                nanos,
                offset: 0,
            }));
        }
        let is_http = identifier.starts_with("http://") || identifier.starts_with("https://");
        match attrs
            .get("http.filename")
            .filter(|name| is_http && !name.is_empty())
        {
            Some(filename) => self.newest_file(identifier, attrs, filename).await,
            None => Ok(None),
        }
    }

    /// Time of the newest file of an archive; `None` for a file that is none.
    async fn newest_file(
        &self,
        identifier: &str,
        attrs: &BTreeMap<String, String>,
        filename: &str,
    ) -> Result<Option<Timestamp>> {
        let attrs = attrs
            .iter()
            .map(|(key, value)| (key.clone().into(), value.clone()))
            .inserted();
        let state = llb::custom_source(identifier, attrs, Constraints::new());
        let definition = state
            .marshal(&MarshalOptions::default())
            .map_err(marshal_error)?;
        let result = self
            .bridge
            .solve(SolveRequest::definition(definition.into_pb()))
            .await?;
        let reference = single(result.single()?)?;
        let data = self.bridge.read_file(reference, filename, None).await?;
        Ok(archive::newest_file(&data).unwrap_or(None))
    }
}

/// The source that a policy put in the place of an image, from the error that says so.
fn other_source(error: &Error) -> Option<&str> {
    let change = error
        .message()
        .split_once("ref mutated by policy to non-image: ")?
        .1;
    change.split_once(" -> ").map(|(_, updated)| updated)
}

/// The only file system of a result that cannot be empty.
pub(super) fn single(reference: Option<&Ref>) -> Result<&Ref> {
    reference.ok_or_else(|| Error::new("no ref was returned"))
}

/// An input of the frontend as a state.
pub(super) fn input_state(definition: &Definition) -> Result<llb::State> {
    let definition = llb::Definition::from_pb(definition.clone());
    llb::State::from_definition(&definition).map_err(|error| Error::new(error.to_string()))
}

/// A graph that has no definition, as an error of the build.
pub(super) fn marshal_error(error: llb::MarshalError) -> Error {
    Error::new(error.to_string())
}

fn ignore_file_options(
    session_id: Option<&str>,
    shared_key_hint: String,
    name: String,
) -> LocalOptions {
    LocalOptions {
        session_id: session_id.unwrap_or_default().to_owned(),
        shared_key_hint,
        follow_paths: vec![IGNORE_FILE.to_owned()],
        differ: Some(Differ {
            diff_type: DiffType::None,
            required: false,
        }),
        constraints: Constraints::new().custom_name(name),
        ..LocalOptions::default()
    }
}

fn answer_error(error: Error) -> AnswerError {
    AnswerError {
        message: error.message().to_owned(),
        cause: Some(Arc::new(error)),
    }
}
