-- What scripts/editor does in Neovim; ends it with 1 at the first thing that is not as it should be.
local buffer = vim.api.nvim_get_current_buf()

local function say(text)
  io.stdout:write(text .. '\n')
end

local function check(what, fine, seen)
  if fine then
    return say('ok: ' .. what)
  end
  say('FAILED: ' .. what .. ': ' .. vim.inspect(seen))
  vim.cmd('cquit 1')
end

local function lines()
  return vim.api.nvim_buf_get_lines(buffer, 0, -1, false)
end

local client = vim.lsp.start_client({
  name = 'rdf',
  cmd = { vim.env.RDF_BIN, 'lsp' },
  root_dir = vim.fn.getcwd(),
})
check('the server starts', client, client)
vim.lsp.buf_attach_client(buffer, client)

local function found(code)
  return vim.tbl_filter(function(it)
    return it.code == code
  end, vim.diagnostic.get(buffer))
end

local function wait(what, condition)
  local fine = vim.wait(60000, condition, 20)
  check(what, fine, vim.diagnostic.get(buffer))
end

local function ask(method, row, column, more)
  local document = vim.lsp.util.make_text_document_params(buffer)
  local position = { line = row, character = column }
  local params = vim.tbl_extend('force', { textDocument = document, position = position }, more or {})
  local answers = vim.lsp.buf_request_sync(buffer, method, params, 60000)
  local answer = answers and answers[client]
  check(method .. ' has an answer', answer and not answer.error, answers)
  return answer.result
end

local encoding = vim.lsp.get_client_by_id(client).offset_encoding

wait('the casing of AS is found', function()
  return #found('FromAsCasing') == 1
end)

local hover = ask('textDocument/hover', 2, 11)
check('hover tells the value', hover.contents.value:find('`MODE` = `fast`', 1, true), hover)

local items = ask('textDocument/completion', 5, 12)
local labels = vim.tbl_map(function(it)
  return it.label
end, items.items or items)
check('completion offers the stage', vim.tbl_contains(labels, 'build'), labels)

local edit = ask('textDocument/rename', 0, 22, { newName = 'make' })
vim.lsp.util.apply_workspace_edit(edit, encoding)
check('the stage has another name', lines()[1] == 'FROM alpine:3.20 as make' and lines()[6] == 'COPY --from=make /a /b', lines())

local range = { start = { line = 0, character = 17 }, ['end'] = { line = 0, character = 17 } }
wait('findings follow the text', function()
  return #found('FromAsCasing') == 1
end)
local actions = ask('textDocument/codeAction', 0, 17, { range = range, context = { diagnostics = {} } })
local fix = vim.tbl_filter(function(it)
  return it.isPreferred
end, actions)[1]
check('there is a fix', fix, actions)
vim.lsp.util.apply_workspace_edit(fix.edit, encoding)
check('it is applied', lines()[1] == 'FROM alpine:3.20 AS make', lines())
wait('and the finding is gone', function()
  return #found('FromAsCasing') == 0
end)

vim.api.nvim_buf_set_lines(buffer, -1, -1, false, { 'RUM  x' })
wait('an error is found while one types', function()
  return #found('unknown-instruction') == 1
end)
vim.api.nvim_buf_set_lines(buffer, -2, -1, false, { 'copy  a   /' })
wait('and goes', function()
  return #found('unknown-instruction') == 0
end)
local edits = ask('textDocument/formatting', 0, 0, { options = { tabSize = 4, insertSpaces = true } })
vim.lsp.util.apply_text_edits(edits, buffer, encoding)
check('the layout is the usual one', lines()[7] == 'COPY a /', lines())

vim.lsp.stop_client(client)
say('done')
vim.cmd('qall!')
