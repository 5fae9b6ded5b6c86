//! Lists of keys and values.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;

/// The pairs of a list such as `key=value,key=value`, with keys and values percent-decoded.
///
/// Empty members are skipped. A member without `=`, without a key, or that is not UTF-8 once it is decoded, is `None`.
/// A semicolon has no meaning.
///
/// This is the format of `OTEL_RESOURCE_ATTRIBUTES` and `OTEL_EXPORTER_OTLP_HEADERS`
/// ([resource](https://opentelemetry.io/docs/specs/otel/resource/sdk/#specifying-resource-information-via-an-environment-variable),
/// [headers](https://opentelemetry.io/docs/specs/otel/protocol/exporter/#specifying-headers-via-environment-variables))
pub fn pairs(list: &str) -> impl Iterator<Item = Option<(String, String)>> {
    list.split(',')
        .map(str::trim)
        .filter(|member| !member.is_empty())
        .map(pair)
}

fn pair(text: &str) -> Option<(String, String)> {
    let (key, value) = text.split_once('=')?;
    let key = decoded(key.trim())?;
    (!key.is_empty()).then_some(key).zip(decoded(value.trim()))
}

/// The decoded text; `None` if it is not UTF-8. A percent sign without two hex digits stays, since lists that were not
/// encoded are common.
fn decoded(text: &str) -> Option<String> {
    percent_decode_str(text).decode_utf8().ok().map(Cow::into_owned)
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
    fn invalid_members_keep_their_position() {
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
