//! The table of business error codes: code, HTTP status, Chinese and English text (seed, chapter 5).
//!
//! Slices name an [`ErrorCode`]; only `http/error.rs` turns one into a body. The errors of the gateway in front
//! (`APIGW.*`) and of the IAM paths have forms of their own and live there too.

/// One row of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ErrorText {
    /// The code on the wire.
    pub code: &'static str,
    /// The HTTP status that goes with it.
    pub status: u16,
    /// The Chinese text; `{0}`, `{1}` are filled in.
    pub zh: &'static str,
    /// The English text; `{0}`, `{1}` are filled in.
    pub en: &'static str,
}

macro_rules! error_codes {
    ($($name:ident $code:literal $status:literal $zh:literal $en:literal;)*) => {
        /// A business error that a client can meet; [`ErrorCode::text`] says what it reads.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum ErrorCode {
            $(#[doc = concat!("`", $code, "`: ", $en)] $name,)*
        }

        impl ErrorCode {
            /// Every code, in the order of the table.
            pub const ALL: &'static [ErrorCode] = &[$(ErrorCode::$name,)*];

            /// The row of this code.
            pub const fn text(self) -> ErrorText {
                match self {
                    $(ErrorCode::$name => ErrorText { code: $code, status: $status, zh: $zh, en: $en },)*
                }
            }
        }
    };
}

error_codes! {
    InvalidToken "GSL.00010001" 403
        "请求携带的 token 无效。"
        "The token carried in the request is invalid.";
    AccountFrozen "GSL.00010002" 403
        "用户已被冻结，无法调用 API。"
        "The user has been frozen and cannot invoke the API.";
    SystemBusy "GSL.00010003" 500
        "系统繁忙，请稍后重试！"
        "The system is busy. Please try again later.";
    ParameterError "GSL.00010004" 400
        "参数错误"
        "Parameter error";
    OperationFailed "GSL.00010005" 500
        "业务操作失败"
        "Service operation failed.";
    SimCardNotFound "GSL.00011001" 400
        "sim卡不存在或没有SIM卡的访问权限!"
        "The SIM card does not exist or you do not have the permission to access the SIM card.";
    InvalidBillingCycle "GSL.00011004" 403
        "账期不合法，请检查！"
        "Invalid bill cycle. Please check.";
    NameExists "GSL.00011005" 403
        "名称已存在，请重新输入！"
        "The name already exists. Please enter another name.";
    QueryRunning "GSL.00011007" 403
        "当前已有查询业务下发，请稍后重试！"
        "A query service has been delivered. Please try again later.";
    FileNotFound "GSL.00011009" 500
        "上传文件不存在。"
        "File not exists.";
    TooManyIccids "GSL.00011010" 400
        "iccid 超过个数限制。"
        "The number of iccids exceeds the upper limit.";
    IccidNotFound "GSL.00011011" 400
        "iccid: {0} 不存在"
        "The iccid: {0} does not exist.";
    OrderUnfinished "GSL.00011012" 403
        "您操作的订单处于未完成状态，不能续费，请检查！"
        "The order you are operating is in the unfinished state and cannot be renewed. Please check.";
    OperationNotSupported "GSL.00011015" 403
        "当前SIM卡不支持操作"
        "The current SIM card does not support the operation.";
    UnsupportedSpeed "GSL.00011016" 400
        "不支持的限制速率"
        "Unsupported rate limit";
    InvalidExportTask "GSL.00011019" 403
        "导出任务 task_type 不对！"
        "The task_type of the export task is incorrect.";
    UnsupportedTargetCarrier "GSL.00011063" 400
        "不支持切换的目标运营商"
        "Target carrier type that does not supported.";
    PricePlanNotFound "GSL.00012002" 400
        "传入的套餐ID无效，套餐不存在。"
        "The package ID is invalid. The package does not exist.";
    TestPlanForbidden "GSL.00012003" 403
        "您没有权限操作测试套餐。"
        "You do not have the permission to operate the test package.";
    CardFileNotFound "GSL.00012016" 400
        "SIM卡文件不存在，请检查！"
        "SIM card file does not exist, please check!";
    AttributesNotSet "GSL.00012031" 400
        "{0}"
        "{0}";
    RenewalUnfinished "GSL.00013011" 403
        "您操作的订单仍有未完成的续费订单，不能续费，请检查！"
        "The order you operate has unfinished renewal orders and cannot be renewed. Please check.";
    OrderWithoutCards "GSL.00013012" 400
        "您操作的订单对应的SIM卡不存在，不能续费，请检查！"
        "The SIM card corresponding to the order does not exist and cannot be renewed. Please check.";
    PoolNotFound "GSL.00014003" 403
        "您操作的流量池不存在，请检查！"
        "The traffic pool you want to operate does not exist. Please check.";
    PolicyNotFound "GSL.00015028" 400
        "策略不存在！"
        "Policy does not exist.";
    PolicyCarriersEqual "GSL.00015032" 400
        "优先使用运营商和最不优先使用运营商不能相同！"
        "The preferred carrier cannot be the same as the least preferred carrier.";
    PolicySwitchMissing "GSL.00015033" 400
        "弱信号切换策略、连接延时切换策略必须设置其中一种！"
        "Either the weak signal switchover policy or the connection delay switchover policy must be set.";
    PolicyNameExists "GSL.00015034" 400
        "策略名称已经存在，请检查！"
        "Policy name already exists. Please check.";
    TooManyPolicies "GSL.00015035" 400
        "登录用户最多可以创建50个策略。"
        "You can create up to 50 policies.";
    SwitchOrderMalformed "GSL.00015039" 400
        "切卡顺序格式错误，请检查！"
        "Switch order has incorrect format. Please check.";
    UnsupportedWorkOrder "GSL.00016005" 500
        "不支持的业务受理单"
        "Unsupported business handling order";
    ResumeOpen "GSL.00016009" 403
        "您操作的卡仍有未完成的复机受理单，请勿重复操作。"
        "The card you operate has unfinished resumption orders. Do not perform the operation again.";
    StopOpen "GSL.00016010" 403
        "您操作的卡仍有未完成的停机受理单，请勿重复操作。"
        "The card you operate has pending suspension orders. Do not perform the operation again.";
    StoppedForFlow "GSL.00016012" 403
        "您操作的卡，超流量停机，无法发起复机操作。"
        "The card you operate is suspended due to excessive traffic and cannot be resumed.";
    CannotActivate "GSL.00016014" 403
        "您操作的卡状态已为{0}，无法发起激活操作。"
        "Failed to activate the card because the card status is {0}.";
    ActivationOpen "GSL.00016015" 403
        "您操作的卡仍有未完成的激活受理单，请勿重复操作。"
        "The card you operate has pending activation orders. Do not perform the operation again.";
    RepeatedTooSoon "GSL.00016016" 403
        "5分钟内不允许重复操作，请稍作等待。"
        "Repeated operations are not allowed within 5 minutes. Please wait.";
    NotStopped "GSL.00016019" 403
        "您操作的卡状态非停用，无法发起复机操作。"
        "You cannot resume the card because the card is not in the disabled state.";
    NotInUse "GSL.00016020" 403
        "您操作的卡状态非在用，无法发起该操作。"
        "The card you are operating is not in use and cannot initiate this operation";
    CardCountOutOfRange "GSL.00016051" 400
        "SIM卡数量必须介于1和500之间, 请重新输入!"
        "The number of SIM cards list exceeds the limit (1-500), please check!";
    TagCountOutOfRange "GSL.00016052" 400
        "标签数量必须介于0-10之间, 请重新输入!!"
        "The number of tags list exceeds the limit (0-10), please check!";
    MissingInList "GSL.00016053" 400
        "以下{0}不存在或没有操作权限, 请重新输入! {0} : {1}"
        "Below {0} does not exist or no permission, please check! {0} : {1}";
    DuplicateInList "GSL.00016054" 400
        "以下{0}重复, 请重新输入! {0} : {1}"
        "Below {0} duplicate, please check! {0} : {1}";
    TagSystemBusy "GSL.00020003" 500
        "系统繁忙，请稍后重试！"
        "The system is busy. Please try again later.";
    TagParameterError "GSL.00020004" 400
        "参数错误"
        "Parameter error";
    TagNameIllegal "GSL.00022001" 400
        "标签名称不合法, 请检查!"
        "Tag name illegal, please enter another name!";
    TagNameExists "GSL.00022002" 400
        "标签名称已存在, 请重新输入!"
        "Tag name already exists, please enter another name!";
    TooManyTags "GSL.00022003" 400
        "登录用户最多可以创建{0}个标签。"
        "A user can create up to {0} Tags.";
    TagNotFound "GSL.00022004" 400
        "登录用户没有标签的访问权限。"
        "The login user does not have the permission to access the tag.";
    AttributeNameIllegal "GSL.00027001" 400
        "自定义属性名称不合法, 请检查!"
        "Invalid custom attribute name, please check!";
    AttributeNameExists "GSL.00027002" 400
        "自定义属性名称已存在，请重新输入！"
        "Custom attribute name already exists, please enter another name!";
    AttributeNameReserved "GSL.00027003" 400
        "自定义属性名称和SIM卡管理列字段重复，请重新输入！"
        "Custom attribute name cannot be same with SIM cards list column names, please enter another name!";
    TooManyAttributes "GSL.00027004" 400
        "登录用户最多可以创建6个自定义属性。"
        "A user can create up to 6 custom attributes.";
    AttributeNotFound "GSL.00027005" 400
        "登录用户没有对应自定义属性的访问权限。"
        "The login user does not have the permission to access the custom attribute.";
    // Codes of our own, for operations that the contract does not have.
    OrderNotFound "SIMLINK.0001" 404
        "业务受理单不存在。"
        "The work order does not exist.";
    OrderNotChangeable "SIMLINK.0002" 409
        "业务受理单的当前状态不支持该操作。"
        "The work order's state does not permit this any more.";
    LinkNotFound "SIMLINK.0003" 404
        "运营商连接不存在。"
        "There is no link of this name to a carrier, or it is not simulated.";
    AccountNotFound "SIMLINK.0060" 404
        "账号不存在。"
        "There is no account of this name.";
    NameTaken "SIMLINK.0061" 409
        "名称已被占用。"
        "The name is taken.";
    UserNotFound "SIMLINK.0062" 404
        "用户不存在。"
        "There is no user of this name.";
    KeyNotFound "SIMLINK.0063" 404
        "访问密钥不存在。"
        "There is no such access key.";
    TooManyKeys "SIMLINK.0064" 409
        "该用户的访问密钥已达上限。"
        "The user has as many access keys as it may.";
    JobNotFound "SIMLINK.0065" 404
        "没有该待处理任务。"
        "There is no such parked job.";
    CarrierUnreachable "SIMLINK.0066" 502
        "运营商暂时没有应答。"
        "The carrier does not answer.";
    ClockNotMovable "SIMLINK.0004" 400
        "时钟只能向前移动，且一次不超过一年。"
        "The clock only moves forward, by a year at most at a time.";
    CursorSwept "SIMLINK.0101" 410
        "游标早于变更记录的保留期限，请重新全量同步。"
        "The cursor is older than what is kept of the changes: read everything anew, then go on from the latest change.";
    TooManyReaders "SIMLINK.0102" 429
        "等待变更的连接过多，请稍后重试。"
        "Too many readers wait for changes. Please try again later.";
    IdempotencyKeyReused "SIMLINK.0401" 409
        "该 Idempotency-Key 已用于另一个请求。"
        "The Idempotency-Key was used for another request.";
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Shows that the table holds exactly the 51 codes of the contract with their statuses and texts, and beside
    /// them only our own and the three that the seed's tag and attribute chapters use without listing them.
    #[test]
    fn equals_the_contract() {
        let contract: serde_json::Value = serde_json::from_str(include_str!("../../../contract/errors.json"))
            .expect("the contract is JSON");
        let contract = contract.as_array().expect("an array");
        assert_eq!(contract.len(), 51);
        for row in contract {
            let code = row["code"].as_str().expect("a code");
            let text = ErrorCode::ALL.iter().map(|code| code.text()).find(|text| text.code == code);
            let text = text.unwrap_or_else(|| panic!("{code} is missing"));
            assert_eq!(u64::from(text.status), row["status"].as_u64().expect("a status"), "{code}");
            // The contract prints an example's ICCID where the text has a place to fill in.
            if code != "GSL.00011011" {
                // The number of tags is the configuration's.
                let filled = |text: &str| {
                    if code == "GSL.00022003" { text.replace("{0}", "200") } else { text.to_owned() }
                };
                assert_eq!(filled(text.zh), row["zh"], "{code}");
                assert_eq!(filled(text.en), row["en"], "{code}");
            }
        }
        let ours = ErrorCode::ALL.iter().filter(|code| code.text().code.starts_with("SIMLINK.")).count();
        assert_eq!(ErrorCode::ALL.len() - ours, 54);
    }
}
