//! Lists of keys and values.

/// The members of `key=value,key=value`, keys and values percent-decoded; what is empty between two commas is no
/// member, and what can't be read is none. A semicolon has no meaning.
///
/// ([resource](https://opentelemetry.io/docs/specs/otel/resource/sdk/#specifying-resource-information-via-an-environment-variable),
/// [headers](https://opentelemetry.io/docs/specs/otel/protocol/exporter/#specifying-headers-via-environment-variables))
pub(crate) fn pairs(list: &str) -> impl Iterator<Item = Option<(String, String)>> {
    list.split(',').map(str::trim).filter(|member| !member.is_empty()).map(pair)
}

fn pair(text: &str) -> Option<(String, String)> {
    let (key, value) = text.split_once('=')?;
    let key = decoded(key.trim())?;
    (!key.is_empty()).then_some(key).zip(decoded(value.trim()))
}

/// None if what is encoded is no UTF-8. A percent sign without two digits stands for itself: lists that were never
/// encoded are common.
fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((byte, after)) = rest.split_first() {
        let digits = match after {
            [high, low, ..] if *byte == b'%' => digit(*high).zip(digit(*low)),
            _ => None,
        };
        bytes.push(digits.map_or(*byte, |(high, low)| high << 4 | low));
        rest = if digits.is_some() { &after[2..] } else { after };
    }
    String::from_utf8(bytes).ok()
}

fn digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(list: &str) -> Vec<Option<(String, String)>> {
        pairs(list).collect()
    }

    #[test]
    fn keys_and_values_are_decoded_and_nothing_is_cut() {
        for (list, key, value) in [
            ("x-key=abc;def", "x-key", "abc;def"),
            ("a%2Db=c%3Dd%2Ce", "a-b", "c=d,e"),
            (" a = s=cr=t ", "a", "s=cr=t"),
            ("a=Basic Zm9v", "a", "Basic Zm9v"),
            ("a=100%", "a", "100%"),
            ("a=", "a", ""),
            ("a=\"q\\", "a", "\"q\\"),
            ("grüße=ä%C3%A4", "grüße", "ää"),
        ] {
            assert_eq!(read(list), [Some((key.to_owned(), value.to_owned()))], "{list}");
        }
        assert_eq!(read(" , ,"), []);
    }

    #[test]
    fn members_that_can_not_be_read_keep_their_place() {
        let readable: Vec<_> = pairs("a=1,b,,=c,d=%ff,%20=e").map(|pair| pair.is_some()).collect();
        assert_eq!(readable, [true, false, false, false, true]);
    }

    proptest! {
        #[test]
        fn what_is_encoded_comes_back(key in ".{1,20}", value in ".{0,20}") {
            let encode = |text: &str| text.bytes().map(|byte| format!("%{byte:02X}")).collect::<Vec<_>>().concat();
            prop_assert_eq!(read(&format!("{}={}", encode(&key), encode(&value))), [Some((key, value))]);
        }

        #[test]
        fn any_list_can_be_read(list: String) {
            let _ = read(&list);
        }
    }
}
