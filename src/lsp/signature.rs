//! The form of the instruction that is typed, and which part of it comes now.

use gen_lsp_types::{
    ActiveParameter, Documentation, ParameterInformation, ParameterInformationLabel, Position,
    SignatureHelp, SignatureInformation,
};

use super::cursor::{self, Typed};
use super::document::Document;
use super::text::number;
use super::words::{self, Form};

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
        let active = active(form, argument);
        SignatureInformation {
            label: word.written(form),
            documentation: Some(Documentation::String(word.about.to_owned())),
            parameters: Some(
                form.parts()
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

/// Which of the parts is typed; without an argument, the flags.
fn active(form: &Form, argument: Option<usize>) -> Option<u32> {
    let flags = usize::from(!form.flags.is_empty());
    let Some(argument) = argument else {
        return (flags > 0).then_some(0);
    };
    // What repeats takes all that follow; what stands last is the last.
    let last = form.arguments.len().checked_sub(1)?;
    Some(number(flags + argument.min(last)))
}
