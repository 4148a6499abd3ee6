//! Questions about a build that build nothing: the option `requestid` (`docker buildx build --call=…`).
//!
//! Answers travel as metadata: `result.json`, mostly `result.txt`, and `version`. A frontend says which questions it
//! answers and answers them ([`Subrequests`]); `frontend.subrequests.describe` is answered for it.

use std::collections::BTreeMap;
use std::fmt::Write;

use serde::Serialize;

use super::table;
use crate::collect::CollectSmall as _;
use crate::gateway::{Error, Result, SolveResult};
use crate::go::json;
use crate::options::{ClientOptions, key};

/// A question that a frontend answers, as `frontend.subrequests.describe` lists it.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Subrequest {
    /// Its name, `frontend.` and a word: what clients send as `requestid`.
    pub(crate) name: &'static str,
    /// Version of the answer's form.
    pub(crate) version: &'static str,
    /// Kind of question; `rpc` for all there are.
    #[serde(rename = "type")]
    pub(crate) kind: &'static str,
    /// What it is about, in a few words.
    pub(crate) description: &'static str,
    /// Options that change the answer; `None` is written as null.
    pub(crate) opts: Option<&'static [Named]>,
    /// Inputs that it takes.
    pub(crate) inputs: Option<&'static [Named]>,
    /// Metadata that an answer has.
    pub(crate) metadata: Option<&'static [Named]>,
    /// Refs that an answer has.
    pub(crate) refs: Option<&'static [Named]>,
}

/// A named part of a question or an answer.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Named {
    /// Its name.
    pub name: &'static str,
    /// What it is; may be empty.
    pub description: &'static str,
}

impl Subrequest {
    /// `frontend.subrequests.describe`, which every frontend with subrequests answers.
    pub const DESCRIBE: Subrequest = Subrequest::new(
        "frontend.subrequests.describe",
        "1.0.0",
        "List available subrequest types",
        None,
    );

    /// A question that is answered in JSON and text.
    pub const fn new(
        name: &'static str,
        version: &'static str,
        description: &'static str,
        opts: Option<&'static [Named]>,
    ) -> Self {
        const RESULT: &[Named] = &[
            Named {
                name: "result.json",
                description: "",
            },
            Named {
                name: "result.txt",
                description: "",
            },
        ];
        Subrequest {
            name,
            version,
            kind: "rpc",
            description,
            opts,
            inputs: None,
            metadata: Some(RESULT),
            refs: None,
        }
    }
}

/// The questions that a frontend answers.
///
/// ```
/// use dockerfile_llb::frontend::{SubrequestAnswer, ClientOptions, Subrequest, Subrequests, answer_subrequest};
/// use dockerfile_llb::gateway::{Bridge, Result, SolveResult};
///
/// struct Questions;
///
/// impl Subrequests for Questions {
///     fn list(&self) -> &[Subrequest] {
///         const LIST: [Subrequest; 2] = [
///             Subrequest::new("frontend.targets", "1.0.0", "List what can be built", None),
///             Subrequest::DESCRIBE,
///         ];
///         &LIST
///     }
///
///     async fn answer(&self, name: &str) -> Result<Option<SubrequestAnswer>> {
///         Ok((name == "frontend.targets").then(|| {
///             let targets = ["app", "test"];
///             SubrequestAnswer::new(&targets, "1.0.0").text(targets.join("\n"))
///         }))
///     }
/// }
///
/// async fn build(bridge: &dyn Bridge) -> Result<SolveResult> {
///     let options = ClientOptions::read(bridge.environment())?;
///     if let Some(answer) = answer_subrequest(&options, &Questions).await? {
///         return Ok(answer);
///     }
///     // …
///     Ok(SolveResult::default())
/// }
/// # #[cfg(feature = "testing")]
/// # {
/// # use dockerfile_llb::testing::FakeDaemon;
/// # let daemon = FakeDaemon::new();
/// # daemon.set_opt("requestid", "frontend.targets");
/// # assert_eq!(daemon.run(build).unwrap().metadata["result.txt"], b"app\ntest");
/// # daemon.set_opt("requestid", "frontend.nope");
/// # assert_eq!(daemon.run(build).unwrap_err().message(), "unsupported request frontend.nope");
/// # }
/// ```
#[allow(async_fn_in_trait, reason = "a frontend runs on one thread")]
pub trait Subrequests {
    /// What `frontend.subrequests.describe` lists, itself included, in this order. Questions that are answered
    /// need not be listed.
    fn list(&self) -> &[Subrequest];

    /// Answers the question `name`; `None` when there is no such question.
    async fn answer(&self, name: &str) -> Result<Option<SubrequestAnswer>>;
}

/// Answers the client's question; `None` when it asks for a build.
///
/// # Errors
/// Those of the answer, and when there is no such question.
pub async fn answer_subrequest(
    options: &ClientOptions,
    subrequests: &impl Subrequests,
) -> Result<Option<SolveResult>> {
    let Some(name) = options.get(key::REQUEST_ID) else {
        return Ok(None);
    };
    let answer = if name == Subrequest::DESCRIBE.name {
        Some(describe(subrequests.list()))
    } else {
        subrequests.answer(name).await?
    };
    match answer {
        Some(answer) => Ok(Some(answer.into_result())),
        None => Err(Error::unsupported_subrequest(name)),
    }
}

fn describe(list: &[Subrequest]) -> SubrequestAnswer {
    let mut text = String::from("NAME\tVERSION\tDESCRIPTION\n");
    for request in list {
        let name = request
            .name
            .strip_prefix("frontend.")
            .unwrap_or(request.name);
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{name}\t{}\t{}", request.version, request.description);
    }
    SubrequestAnswer::new(&list, Subrequest::DESCRIBE.version).text(table::align(&text, 1))
}

/// The metadata of an answer.
#[derive(Clone, Debug)]
pub struct SubrequestAnswer(BTreeMap<String, Vec<u8>>);

impl SubrequestAnswer {
    /// An answer whose JSON is that of `result`, indented as Go's encoder does it.
    pub fn new(result: &impl Serialize, version: &str) -> Self {
        SubrequestAnswer::of_json(json::to_indented(result).into_bytes(), version)
    }

    /// An answer with this JSON.
    pub(crate) fn of_json(json: Vec<u8>, version: &str) -> Self {
        let metadata = [
            ("result.json".to_owned(), json),
            ("version".to_owned(), version.as_bytes().to_vec()),
        ];
        SubrequestAnswer(metadata.into_iter().collect_small())
    }

    /// Adds the form that people read.
    #[must_use]
    pub fn text(self, text: impl Into<Vec<u8>>) -> Self {
        self.with("result.txt", text)
    }

    /// Adds the exit code that the client ends with.
    #[must_use]
    pub fn status(self, code: i32) -> Self {
        self.with("result.statuscode", code.to_string())
    }

    /// Adds an entry.
    #[must_use]
    pub fn with(mut self, key: &str, value: impl Into<Vec<u8>>) -> Self {
        self.0.insert(key.to_owned(), value.into());
        self
    }

    /// The answer as a frontend returns it.
    pub fn into_result(self) -> SolveResult {
        SolveResult {
            metadata: self.0,
            ..SolveResult::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Subrequest, describe};

    #[test]
    fn text_is_a_table() {
        let list = [
            Subrequest::new("frontend.targets", "1.0.0", "List all", None),
            Subrequest::DESCRIBE,
        ];
        let answer = describe(&list).into_result();
        let text = String::from_utf8_lossy(&answer.metadata["result.txt"]);
        assert_eq!(
            text,
            "NAME                 VERSION DESCRIPTION\n\
             targets              1.0.0   List all\n\
             subrequests.describe 1.0.0   List available subrequest types\n"
        );
    }
}
