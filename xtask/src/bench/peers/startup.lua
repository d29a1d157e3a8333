-- What pgs replaces: HAProxy learns the tenant from the startup packet's user parameter.
core.register_action("postgres_user", { "tcp-req" }, function(txn)
    local packet = txn.req:data()
    if packet == nil or #packet < 9 then
        return
    end
    local size, code = string.unpack(">I4I4", packet)
    if code ~= 196608 or size > 10000 or #packet < size then
        return
    end
    local position = 9
    while position < size do
        local name, value
        name, position = string.unpack("z", packet, position)
        if name == "" then
            return
        end
        value, position = string.unpack("z", packet, position)
        if name == "user" then
            txn:set_var("txn.tenant", value)
            return
        end
    end
end)
