//! Weights of what a client would rather have (RFC 9110 §12.4.2).

/// A weight in thousandths, from a parameter such as `q=0`, `q=0.8` or `Q=1.000`. `None` for anything else.
pub(crate) fn weight(parameter: &[u8]) -> Option<u16> {
    let value = parameter.strip_prefix(b"q=").or_else(|| parameter.strip_prefix(b"Q="))?;
    let (whole, fraction) = match value {
        [whole] => (whole, &[][..]),
        [whole, b'.', fraction @ ..] if fraction.len() <= 3 => (whole, fraction),
        _ => return None,
    };
    let digit = |byte: u8| byte.is_ascii_digit().then(|| u16::from(byte - b'0'));
    let mut thousandths = digit(*whole)? * 1_000;
    for (byte, unit) in fraction.iter().zip([100, 10, 1]) {
        thousandths += digit(*byte)? * unit;
    }
    (thousandths <= 1_000).then_some(thousandths)
}
