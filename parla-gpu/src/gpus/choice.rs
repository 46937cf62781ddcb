//! The text of `PARLA_GPUS`, understood.

use std::str::FromStr;

use super::VARIABLE;

/// What whoever runs the program wants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Choice {
    /// Nothing.
    Unset,
    None,
    Count(usize),
    /// Real ones, by their numbers.
    List(Vec<u32>),
    /// Simulated ones; how many, unless the program says.
    Simulated(Option<usize>),
}

impl Choice {
    pub(super) fn none_note() -> String {
        format!("there are no GPUs because `{VARIABLE}` says so")
    }
}

impl FromStr for Choice {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mistake = || {
            format!(
                "there are no GPUs because `{VARIABLE}` is `{text}`; it can be a number, a list \
                 such as `0,2`, `sim:2` or `none`"
            )
        };
        let text = text.trim();
        let number = |text: &str| text.trim().parse::<usize>().map_err(|_| mistake());
        match text {
            "" => Ok(Self::Unset),
            "none" => Ok(Self::None),
            "sim" => Ok(Self::Simulated(None)),
            _ => {
                if let Some(count) = text.strip_prefix("sim:") {
                    return number(count).map(|count| match count {
                        0 => Self::None,
                        count => Self::Simulated(Some(count)),
                    });
                }
                if !text.contains(',') {
                    return number(text).map(|count| match count {
                        0 => Self::None,
                        count => Self::Count(count),
                    });
                }
                let entries = text.trim_end_matches(',').split(',');
                let mut list = Vec::new();
                for entry in entries {
                    let ordinal = entry.trim().parse().map_err(|_| mistake())?;
                    if list.contains(&ordinal) {
                        return Err(mistake());
                    }
                    list.push(ordinal);
                }
                Ok(Self::List(list))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Choice;

    #[test]
    fn what_can_be_said_is_understood() {
        let cases = [
            ("", Choice::Unset),
            ("none", Choice::None),
            ("0", Choice::None),
            (" 2 ", Choice::Count(2)),
            ("0,2", Choice::List(vec![0, 2])),
            ("1,", Choice::List(vec![1])),
            ("sim", Choice::Simulated(None)),
            ("sim:4", Choice::Simulated(Some(4))),
            ("sim:0", Choice::None),
        ];
        for (text, choice) in cases {
            assert_eq!(text.parse(), Ok(choice), "{text}");
        }
    }

    #[test]
    fn what_can_not_be_said_is_named() {
        for text in [
            "two", "-1", "0,x", "0,,1", "1,1", ",", "sim:", "sim:x", "gpu:1",
        ] {
            let mistake = text.parse::<Choice>().unwrap_err();
            assert!(mistake.contains(&format!("`{text}`")), "{mistake}");
        }
    }
}
