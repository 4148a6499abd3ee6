//! The form of the instruction that is typed, and which part of it comes now.

use gen_lsp_types::{
    ActiveParameter, Documentation, ParameterInformation, ParameterInformationLabel, Position,
    SignatureHelp, SignatureInformation,
};

use super::cursor::{self, Typed};
use super::document::Document;
use super::text::number;
use super::words;

/// The forms of the instruction at a position.
pub(crate) fn signature_help(document: &Document, position: Position) -> Option<SignatureHelp> {
    let typed = cursor::typed(document, document.text().at(position))?;
    let (instruction, argument) = match &typed {
        Typed::Flag { instruction, .. } | Typed::Value { instruction, .. } => (*instruction, None),
        Typed::Argument {
            instruction,
            number,
            ..
        } => (*instruction, Some(*number)),
        _ => return None,
    };
    let word = words::instruction(instruction)?;
    let signatures = word.forms.iter().map(|form| {
        let parts = parts(form);
        let active = active(&parts, argument);
        SignatureInformation {
            label: (*form).to_owned(),
            documentation: Some(Documentation::String(word.about.to_owned())),
            parameters: Some(
                parts
                    .into_iter()
                    .map(|part| ParameterInformation {
                        label: ParameterInformationLabel::String(part.to_owned()),
                        documentation: None,
                    })
                    .collect(),
            ),
            active_parameter: active.map(ActiveParameter::Int),
        }
    });
    let signatures: Vec<SignatureInformation> = signatures.collect();
    let active_parameter = signatures.first()?.active_parameter;
    Some(SignatureHelp {
        signatures,
        active_signature: Some(0),
        active_parameter,
    })
}

/// The words of a form behind the instruction.
fn parts(form: &str) -> Vec<&str> {
    form.split(' ')
        .skip(1)
        .filter(|part| !part.is_empty())
        .collect()
}

/// Which of the parts is typed; without an argument, the flags.
fn active(parts: &[&str], argument: Option<usize>) -> Option<u32> {
    let is_flags = |part: &&str| part.starts_with("[flags]") || part.starts_with("[--");
    let flags = parts.iter().take_while(|part| is_flags(part)).count();
    let Some(argument) = argument else {
        return (flags > 0).then_some(0);
    };
    let rest = parts.len().checked_sub(flags)?;
    // What repeats takes all that follow; what stands last is the last.
    let at = match argument {
        argument if argument < rest => argument,
        _ => rest.checked_sub(1)?,
    };
    Some(number(flags + at))
}
