// The same bot in grammY.

import { createServer } from "node:http";
import { Bot, InlineKeyboard, InputFile, InputMediaBuilder, webhookCallback } from "grammy";

const [api, token, mode] = process.argv.slice(2);
const bot = new Bot(token, { client: { apiRoot: api } });
let lastPhoto = Buffer.alloc(0);

bot.command("start", (ctx) =>
  ctx.reply("<b>hello</b>", { parse_mode: "HTML", reply_markup: new InlineKeyboard().text("Ping", "ping") }),
);

bot.callbackQuery("ping", async (ctx) => {
  await ctx.editMessageText("pressed");
  await ctx.answerCallbackQuery("pong");
});

bot.on("message:photo", async (ctx) => {
  const file = await ctx.getFile();
  const answer = await fetch(`${api}/file/bot${token}/${file.file_path}`);
  lastPhoto = Buffer.from(await answer.arrayBuffer());
  await ctx.replyWithDocument(new InputFile(lastPhoto, "echo.png"), {
    caption: `${lastPhoto.length} bytes`,
    reply_parameters: { message_id: ctx.msg.message_id },
  });
});

bot.hears("album", (ctx) =>
  ctx.replyWithMediaGroup(
    [0, 1].map((i) => InputMediaBuilder.photo(new InputFile(lastPhoto, `${i}.png`), { caption: `no ${i}` })),
  ),
);

bot.on("message:text", (ctx) =>
  ctx.reply(`echo: ${ctx.msg.text}`, { reply_parameters: { message_id: ctx.msg.message_id } }),
);

if (mode === "webhook") {
  await bot.init();
  const server = createServer(webhookCallback(bot, "http", { secretToken: "s3cret" }));
  server.listen(0, "127.0.0.1", async () => {
    const { port } = server.address();
    await bot.api.setWebhook(`http://127.0.0.1:${port}/hook`, { secret_token: "s3cret" });
    console.log("ready");
  });
} else {
  bot.start({ onStart: () => console.log("ready") });
}
