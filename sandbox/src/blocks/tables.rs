//! Every block, element and composition object that may be sent: its properties, which are needed, and their limits.
//! A property that is not listed is refused.

use super::limits::{self, MARKDOWN};

/// What a property has to be.
#[derive(Clone, Copy)]
pub(crate) enum Rule {
    /// A plain_text object of so many characters.
    Plain(usize),
    /// A plain_text or mrkdwn object.
    Text(usize),
    /// So many text objects of so many characters.
    Texts(usize, usize),
    /// A string: least and most characters.
    Str(usize, usize),
    Word(&'static [&'static str]),
    Flag,
    /// A whole number: least and most.
    Whole(i64, i64),
    Date,
    Time,
    /// A list of strings.
    Ids,
    /// One element of these types.
    Element(&'static [&'static str]),
    /// Up to so many elements of these types.
    Elements(&'static [&'static str], usize),
    /// An object that has a table of its own.
    Part(&'static [Field]),
    /// So many options at most; whether mrkdwn is allowed in them.
    Options(usize, bool),
    Groups,
    InitialOption,
    InitialOptions,
    Rich,
    Rows,
    /// Taken as it is.
    Any,
}

pub(crate) struct Field {
    pub name: &'static str,
    pub needed: bool,
    pub rule: Rule,
}

pub(crate) struct Shape {
    pub kind: &'static str,
    pub fields: &'static [Field],
    /// Exactly or at least one of these has to be there.
    pub one_of: &'static [&'static str],
    pub in_message: bool,
    pub in_modal: bool,
}

const fn needs(name: &'static str, rule: Rule) -> Field {
    Field { name, needed: true, rule }
}

const fn may(name: &'static str, rule: Rule) -> Field {
    Field { name, needed: false, rule }
}

const fn shape(kind: &'static str, fields: &'static [Field]) -> Shape {
    Shape { kind, fields, one_of: &[], in_message: true, in_modal: true }
}

const fn one_of(kind: &'static str, one_of: &'static [&'static str], fields: &'static [Field]) -> Shape {
    Shape { kind, fields, one_of, in_message: true, in_modal: true }
}

const fn modal_only(kind: &'static str, fields: &'static [Field]) -> Shape {
    Shape { kind, fields, one_of: &[], in_message: false, in_modal: true }
}

const fn message_only(kind: &'static str, fields: &'static [Field]) -> Shape {
    Shape { kind, fields, one_of: &[], in_message: true, in_modal: false }
}

use Rule::*;

const ID: Rule = Str(1, 255);
const URL: Rule = Str(1, 3000);

pub(crate) const BLOCKS: &[Shape] = &[
    one_of(
        "section",
        &["text", "fields"],
        &[
            may("text", Text(3000)),
            may("fields", Texts(10, 2000)),
            may("accessory", Element(IN_SECTION)),
            may("expand", Flag),
        ],
    ),
    shape("header", &[needs("text", Plain(150))]),
    shape("divider", &[]),
    one_of(
        "image",
        &["image_url", "slack_file"],
        &[needs("alt_text", Str(1, 2000)), may("image_url", URL), may("slack_file", Any), may("title", Plain(2000))],
    ),
    shape("context", &[needs("elements", Elements(IN_CONTEXT, 10))]),
    shape("actions", &[needs("elements", Elements(IN_ACTIONS, 25))]),
    shape(
        "input",
        &[
            needs("label", Plain(2000)),
            needs("element", Element(IN_INPUT)),
            may("hint", Plain(2000)),
            may("optional", Flag),
            may("dispatch_action", Flag),
        ],
    ),
    shape("rich_text", &[needs("elements", Rich)]),
    message_only("markdown", &[needs("text", Str(1, MARKDOWN))]),
    message_only("table", &[needs("rows", Rows), may("column_settings", Any)]),
    modal_only(
        "alert",
        &[needs("text", Text(200)), may("level", Word(&["default", "info", "warning", "error", "success"]))],
    ),
];

const IN_CONTEXT: &[&str] = &["image", "plain_text", "mrkdwn"];
const IN_SECTION: &[&str] = &[
    "button",
    "checkboxes",
    "datepicker",
    "image",
    "overflow",
    "radio_buttons",
    "timepicker",
    "static_select",
    "external_select",
    "users_select",
    "conversations_select",
    "channels_select",
    "multi_static_select",
    "multi_external_select",
    "multi_users_select",
    "multi_conversations_select",
    "multi_channels_select",
];
const IN_ACTIONS: &[&str] = &[
    "button",
    "checkboxes",
    "datepicker",
    "datetimepicker",
    "overflow",
    "radio_buttons",
    "timepicker",
    "static_select",
    "external_select",
    "users_select",
    "conversations_select",
    "channels_select",
];
const IN_INPUT: &[&str] = &[
    "plain_text_input",
    "checkboxes",
    "radio_buttons",
    "datepicker",
    "datetimepicker",
    "timepicker",
    "number_input",
    "email_text_input",
    "url_text_input",
    "rich_text_input",
    "file_input",
    "static_select",
    "external_select",
    "users_select",
    "conversations_select",
    "channels_select",
    "multi_static_select",
    "multi_external_select",
    "multi_users_select",
    "multi_conversations_select",
    "multi_channels_select",
];

const STYLE: Rule = Word(&["primary", "danger"]);
const ACTION: Field = may("action_id", ID);
const CONFIRM: Field = may("confirm", Part(CONFIRM_PART));
const FOCUS: Field = may("focus_on_load", Flag);
const PLACEHOLDER: Field = may("placeholder", Plain(150));
const DISPATCH: Field = may("dispatch_action_config", Any);
const MOST: Field = may("max_selected_items", Whole(1, i64::MAX));
const FILTER: Field = may("filter", Any);
const HERE: Field = may("default_to_current_conversation", Flag);
const ANSWERS: Field = may("response_url_enabled", Flag);

const CONFIRM_PART: &[Field] = &[
    needs("title", Plain(100)),
    needs("text", Text(300)),
    needs("confirm", Plain(30)),
    needs("deny", Plain(30)),
    may("style", STYLE),
];

pub(crate) const ELEMENTS: &[Shape] = &[
    shape(
        "button",
        &[
            needs("text", Plain(75)),
            ACTION,
            may("value", Str(0, 2000)),
            may("url", URL),
            may("style", STYLE),
            may("accessibility_label", Str(0, 75)),
            CONFIRM,
        ],
    ),
    shape("overflow", &[needs("options", Options(5, false)), ACTION, CONFIRM]),
    shape(
        "checkboxes",
        &[needs("options", Options(10, true)), may("initial_options", InitialOptions), ACTION, CONFIRM, FOCUS],
    ),
    shape(
        "radio_buttons",
        &[needs("options", Options(10, true)), may("initial_option", InitialOption), ACTION, CONFIRM, FOCUS],
    ),
    one_of(
        "static_select",
        &["options", "option_groups"],
        &[
            may("options", Options(100, false)),
            may("option_groups", Groups),
            may("initial_option", InitialOption),
            ACTION,
            PLACEHOLDER,
            CONFIRM,
            FOCUS,
        ],
    ),
    one_of(
        "multi_static_select",
        &["options", "option_groups"],
        &[
            may("options", Options(100, false)),
            may("option_groups", Groups),
            may("initial_options", InitialOptions),
            ACTION,
            PLACEHOLDER,
            CONFIRM,
            FOCUS,
            MOST,
        ],
    ),
    shape(
        "external_select",
        &[may("initial_option", Any), may("min_query_length", Whole(0, 255)), ACTION, PLACEHOLDER, CONFIRM, FOCUS],
    ),
    shape(
        "multi_external_select",
        &[
            may("initial_options", Any),
            may("min_query_length", Whole(0, 255)),
            ACTION,
            PLACEHOLDER,
            CONFIRM,
            FOCUS,
            MOST,
        ],
    ),
    shape("users_select", &[may("initial_user", ID), ACTION, PLACEHOLDER, CONFIRM, FOCUS]),
    shape("multi_users_select", &[may("initial_users", Ids), ACTION, PLACEHOLDER, CONFIRM, FOCUS, MOST]),
    shape("channels_select", &[may("initial_channel", ID), ACTION, PLACEHOLDER, CONFIRM, FOCUS, ANSWERS]),
    shape("multi_channels_select", &[may("initial_channels", Ids), ACTION, PLACEHOLDER, CONFIRM, FOCUS, MOST]),
    shape(
        "conversations_select",
        &[may("initial_conversation", ID), ACTION, PLACEHOLDER, CONFIRM, FOCUS, FILTER, HERE, ANSWERS],
    ),
    shape(
        "multi_conversations_select",
        &[may("initial_conversations", Ids), ACTION, PLACEHOLDER, CONFIRM, FOCUS, FILTER, HERE, MOST],
    ),
    shape("datepicker", &[may("initial_date", Date), ACTION, PLACEHOLDER, CONFIRM, FOCUS]),
    shape(
        "timepicker",
        &[may("initial_time", Time), may("timezone", Str(1, 100)), ACTION, PLACEHOLDER, CONFIRM, FOCUS],
    ),
    shape("datetimepicker", &[may("initial_date_time", Whole(1_000_000_000, 9_999_999_999)), ACTION, CONFIRM, FOCUS]),
    shape(
        "plain_text_input",
        &[
            may("initial_value", Str(0, 3000)),
            may("multiline", Flag),
            may("min_length", Whole(0, 3000)),
            may("max_length", Whole(1, 3000)),
            ACTION,
            PLACEHOLDER,
            DISPATCH,
            FOCUS,
        ],
    ),
    modal_only(
        "number_input",
        &[
            needs("is_decimal_allowed", Flag),
            may("initial_value", Str(1, 100)),
            may("min_value", Str(1, 100)),
            may("max_value", Str(1, 100)),
            ACTION,
            PLACEHOLDER,
            DISPATCH,
            FOCUS,
        ],
    ),
    modal_only("email_text_input", &[may("initial_value", Str(1, 3000)), ACTION, PLACEHOLDER, DISPATCH, FOCUS]),
    modal_only("url_text_input", &[may("initial_value", Str(1, 3000)), ACTION, PLACEHOLDER, DISPATCH, FOCUS]),
    modal_only(
        "rich_text_input",
        &[
            may("initial_value", Any),
            may("min_lines", Whole(1, 100)),
            may("max_lines", Whole(1, 100)),
            ACTION,
            PLACEHOLDER,
            DISPATCH,
            FOCUS,
        ],
    ),
    modal_only("file_input", &[may("filetypes", Ids), may("max_files", Whole(1, 10)), ACTION]),
    one_of(
        "image",
        &["image_url", "slack_file"],
        &[needs("alt_text", Str(1, 2000)), may("image_url", URL), may("slack_file", Any)],
    ),
    shape("plain_text", &[needs("text", Str(1, 3000)), may("emoji", Flag)]),
    shape("mrkdwn", &[needs("text", Str(1, 3000)), may("verbatim", Flag)]),
];

/// In an overflow menu an option may be a link.
pub(crate) const PLAIN_OPTION: &[Field] =
    &[needs("text", Plain(75)), needs("value", Str(1, 150)), may("description", Plain(75)), may("url", URL)];
/// Checkboxes and radio buttons.
pub(crate) const RICH_OPTION: &[Field] =
    &[needs("text", Text(75)), needs("value", Str(1, 150)), may("description", Text(75))];
pub(crate) const GROUP: &[Field] = &[needs("label", Plain(75)), needs("options", Options(100, false))];

const STYLED: Field = may("style", Any);
const BORDER: Field = may("border", Whole(0, 1));

pub(crate) const RICH: &[Shape] = &[
    shape("rich_text_section", &[needs("elements", Elements(RICH_PARTS, usize::MAX))]),
    shape(
        "rich_text_list",
        &[
            needs("style", Word(&["bullet", "ordered"])),
            needs("elements", Elements(&["rich_text_section"], usize::MAX)),
            may("indent", Whole(0, 8)),
            may("offset", Whole(0, i64::MAX)),
            BORDER,
        ],
    ),
    shape("rich_text_quote", &[needs("elements", Elements(RICH_PARTS, usize::MAX)), BORDER]),
    shape(
        "rich_text_preformatted",
        &[needs("elements", Elements(&["text", "link"], usize::MAX)), may("language", Str(0, 50)), BORDER],
    ),
];

pub(crate) const RICH_PARTS: &[&str] =
    &["text", "link", "user", "usergroup", "channel", "emoji", "date", "broadcast", "color"];

pub(crate) const PARTS: &[Shape] = &[
    shape("text", &[needs("text", Str(1, usize::MAX)), STYLED]),
    shape("link", &[needs("url", URL), may("text", Str(0, usize::MAX)), may("unsafe", Flag), STYLED]),
    shape("user", &[needs("user_id", ID), STYLED]),
    shape("usergroup", &[needs("usergroup_id", ID), STYLED]),
    shape("channel", &[needs("channel_id", ID), STYLED]),
    shape("emoji", &[needs("name", ID), may("unicode", ID), may("skin_tone", Whole(1, 6)), STYLED]),
    shape(
        "date",
        &[
            needs("timestamp", Whole(0, i64::MAX)),
            needs("format", Str(1, 255)),
            may("url", URL),
            may("fallback", Str(0, 3000)),
            STYLED,
        ],
    ),
    shape("broadcast", &[needs("range", Word(&["here", "channel", "everyone"])), STYLED]),
    shape("color", &[needs("value", ID)]),
];

pub(crate) const VIEW: &[Field] = &[
    needs("title", Plain(24)),
    may("submit", Plain(24)),
    may("close", Plain(24)),
    may("private_metadata", Str(0, 3000)),
    may("callback_id", Str(0, 255)),
    may("external_id", Str(0, 255)),
    may("clear_on_close", Flag),
    may("notify_on_close", Flag),
    may("submit_disabled", Flag),
];

/// Rows and cells of a table.
pub(crate) const TABLE: (usize, usize) = (100, 20);
pub(crate) const BLOCKS_MOST: (usize, usize) = (limits::BLOCKS_IN_MESSAGE, limits::BLOCKS_IN_VIEW);
