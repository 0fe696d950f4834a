// What the preview of a template puts in for a variable that the owner gave no sample for. Pure.
import type { Language } from '../../api/client';

const samples: Record<Language, Record<string, string>> = {
  en: { name: 'Elif Acar', phone: '+90 555 000 01 42', email: 'elif@example.com', city: 'İzmir', amount: '1,250.00', date: '12 November', time: '14:30' },
  tr: { name: 'Elif Acar', phone: '+90 555 000 01 42', email: 'elif@example.com', city: 'İzmir', şehir: 'İzmir', sehir: 'İzmir', tutar: '1.250,00 TL', tarih: '12 Kasım', saat: '14.30' },
  id: { name: 'Siti Rahmawati', phone: '+62 812 5550 142', email: 'siti@example.com', city: 'Bandung', kota: 'Bandung', jumlah: 'Rp1.250.000', tanggal: '12 November', jam: '14.30' },
};

export function sampleOf(name: string, language: Language): string | undefined {
  return samples[language][name.toLocaleLowerCase(language)] ?? samples[language][name];
}
