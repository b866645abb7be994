-- What a listed source asked for, as one number to group by: its place in the list × 2^24 + code; $wanted stands for it, for `source` and `code`.
bitShiftLeft(toUInt64(transform(source, [$sources], arrayEnumerate([$sources]), 0)), 24) + code
